import marimo

app = marimo.App(width="medium", app_title="应享未享")

with app.setup:
    import altair as alt
    import marimo as mo
    from asked import asked, enough


@app.cell
def _():
    mo.md(
        """
        # 应享未享

        应享未享类规则：符合条件而没有享受的人（F04 为户），按区划；以及与低保标准相差一成以内的家庭。
        是要去走访的，不是受了亏待的。**无法判断的另列**：来源过期或没有授权，不等于没有。
        """
    )
    return


@app.cell
def _():
    missed = asked(
        """
        select rule_code, title_zh, division_zh, assessed, hits, not_assessable
        from analytics.coverage
        where side = 'missed'
        order by rule_code, division_zh
        """
    )
    total = int(missed.hits.sum())
    return missed, total


@app.cell
def _(missed, total):
    chart = (
        alt.Chart(enough(missed, "hits"))
        .mark_bar()
        .encode(
            x=alt.X("hits:Q", title="应享未享"),
            y=alt.Y("title_zh:N", title=None),
            color=alt.Color("division_zh:N", title="区划"),
        )
    )
    unjudged = missed.groupby(["rule_code", "title_zh"], as_index=False).not_assessable.sum()
    mo.vstack([mo.stat(total, label="应享未享", bordered=True), chart, mo.ui.table(unjudged, selection=None)])
    return chart, unjudged


@app.cell
def _():
    near = asked(
        """
        select household_kind_zh, round(distance_share, 2) as distance, count(*) as households
        from analytics.means
        where abs(distance_share) <= 0.5
        group by household_kind_zh, round(distance_share, 2)
        order by household_kind_zh, distance
        """
    )
    distances = (
        alt.Chart(enough(near, "households"))
        .mark_bar()
        .encode(
            x=alt.X("distance:Q", title="人均可计收入与低保标准相差的份额", axis=alt.Axis(format="+%")),
            y=alt.Y("households:Q", title="户数"),
            row=alt.Row("household_kind_zh:N", title=None),
        )
    )
    distances
    return distances, near


if __name__ == "__main__":
    app.run()
