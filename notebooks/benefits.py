import marimo

app = marimo.App(width="medium", app_title="待遇变化")

with app.setup:
    import altair as alt
    import marimo as mo
    from asked import asked


@app.cell
def _():
    mo.md(
        """
        # 待遇随时间的变化

        每月享受的业务数与支出，按待遇。月份是款项所属的月份：补发会使最近几个月增加，所以末尾两三个月偏低。
        定义见指标 `cases` 与 `spending`。
        """
    )
    return


@app.cell
def _():
    figures = asked(
        """
        select month, metric, title_zh as benefit_zh, sum(value) as value
        from analytics.metric
        inner join (
            select distinct benefit_code as detail, benefit_zh as title_zh from analytics.benefit_month
        ) as benefit using (detail)
        where metric in ('cases', 'spending')
        group by month, metric, title_zh
        order by month, title_zh
        """
    )
    spending = float(figures[figures.metric == "spending"].value.sum())
    return figures, spending


@app.cell
def _(figures, spending):
    def lines(metric: str, title: str) -> alt.Chart:
        return (
            alt.Chart(figures[figures.metric == metric])
            .mark_line(point=True)
            .encode(
                x=alt.X("month:T", title="月份"),
                y=alt.Y("value:Q", title=title),
                color=alt.Color("benefit_zh:N", title="待遇"),
            )
        )

    cases, money = lines("cases", "户（件）"), lines("spending", "元")
    mo.vstack([mo.stat(f"{spending:,.2f} 元", label="全部月份支出", bordered=True), cases, money])
    return cases, money


if __name__ == "__main__":
    app.run()
