import marimo

app = marimo.App(width="medium", app_title="数据质量")

with app.setup:
    import altair as alt
    import marimo as mo
    from asked import asked


@app.cell
def _():
    mo.md(
        """
        # 数据质量

        各来源每月的交付、拒收的行与未通过的检查。看得出的错才在其中：错得像对的，这里看不见。
        """
    )
    return


@app.cell
def _():
    quality = asked(
        """
        select
            coalesce(feed_zh, feed) as feed_zh, month, delivery_count, held_count, refused_count, received_count,
            rejected_count, rejected_share, failed_check_share
        from analytics.source_quality
        order by feed_zh, month
        """
    )
    rejected = int(quality.rejected_count.sum())
    return quality, rejected


@app.cell
def _(quality, rejected):
    def tiles(share: str, title: str) -> alt.Chart:
        return (
            alt.Chart(quality.assign(month=quality.month.astype(str).str[:7]), title=title)
            .mark_rect()
            .encode(
                x=alt.X("month:O", title=None),
                y=alt.Y("feed_zh:N", title=None),
                color=alt.Color(f"{share}:Q", title=None, legend=alt.Legend(format="%")),
            )
        )

    lines, checks = tiles("rejected_share", "拒收的行"), tiles("failed_check_share", "未通过的检查")
    held = quality[(quality.held_count > 0) | (quality.refused_count > 0)]
    mo.vstack(
        [mo.stat(rejected, label="拒收的行", bordered=True), lines, checks, mo.ui.table(held, selection=None)]
    )
    return checks, held, lines


if __name__ == "__main__":
    app.run()
