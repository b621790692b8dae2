import marimo

app = marimo.App(width="medium", app_title="待遇重叠")

with app.setup:
    import altair as alt
    import marimo as mo
    from asked import asked, enough


@app.cell
def _():
    mo.md(
        """
        # 谁同时享受什么

        最近一个月，同一人享受的每两项待遇。同时享受不等于不该享受：能否并享看政策，
        不能并享的由规则 B 类找出。身份未确定的人不在其中。
        """
    )
    return


@app.cell
def _():
    pairs = asked(
        """
        with drawing as (
            select distinct resident_id, benefit_zh
            from analytics.benefit_person_month
            where resident_id is not null
                and benefit_month = (select max(benefit_month) from analytics.benefit_person_month)
        )

        select one.benefit_zh as first_zh, other.benefit_zh as second_zh, count(*) as people
        from drawing as one
        inner join drawing as other using (resident_id)
        where one.benefit_zh <= other.benefit_zh
        group by one.benefit_zh, other.benefit_zh
        order by people desc
        """
    )
    several = pairs[pairs.first_zh != pairs.second_zh]
    return pairs, several


@app.cell
def _(several):
    shown = enough(several, "people")
    chart = (
        alt.Chart(shown)
        .mark_rect()
        .encode(
            x=alt.X("first_zh:N", title=None),
            y=alt.Y("second_zh:N", title=None),
            color=alt.Color("people:Q", title="人数"),
            tooltip=["first_zh", "second_zh", "people"],
        )
    )
    mo.vstack([chart, mo.ui.table(shown, selection=None)])
    return chart, shown


if __name__ == "__main__":
    app.run()
