import marimo

app = marimo.App(width="medium", app_title="人口与家庭")

with app.setup:
    import altair as alt
    import marimo as mo
    from asked import asked, enough


@app.cell
def _():
    mo.md(
        """
        # 人口与家庭

        户籍在册且在世的居民，按区划、年龄段与性别；以及三种家庭（户口簿、法定家庭、救助家庭）的大小。
        少于 5 人的组不显示。已故而没有来源说到的人算在世。
        """
    )
    return


@app.cell
def _():
    people = asked(
        """
        select division_zh, age_band, sex_zh, count(*) as people
        from analytics.person
        where is_registered and is_living
        group by division_zh, age_band, sex_zh
        order by division_zh, age_band, sex_zh
        """
    )
    total = int(people.people.sum())
    return people, total


@app.cell
def _(people, total):
    pyramid = (
        alt.Chart(enough(people, "people"))
        .mark_bar()
        .encode(
            x=alt.X("people:Q", title="人数"),
            y=alt.Y("age_band:N", sort="descending", title="年龄段"),
            color=alt.Color("sex_zh:N", title="性别"),
            row=alt.Row("division_zh:N", title=None),
        )
    )
    mo.vstack([mo.stat(total, label="户籍人口", bordered=True), pyramid])
    return (pyramid,)


@app.cell
def _():
    households = asked(
        """
        select household_kind_zh, least(member_count, 8) as members, count(*) as households
        from analytics.household
        where is_active is not false
        group by household_kind_zh, least(member_count, 8)
        order by household_kind_zh, members
        """
    )
    sizes = (
        alt.Chart(enough(households, "households"))
        .mark_bar()
        .encode(
            x=alt.X("members:O", title="成员数（8 为 8 人及以上）"),
            y=alt.Y("households:Q", title="户数"),
            column=alt.Column("household_kind_zh:N", title=None),
        )
        .resolve_scale(y="independent")
    )
    sizes
    return households, sizes


if __name__ == "__main__":
    app.run()
