"""`python -m lab.simulator OUT --residents 10000 --seed 1 --days 6 --defects 1`."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from .generate import Summary, generate
from .parameters import SettingsError

app = typer.Typer(add_completion=False)


@app.command()
def main(
    out: Annotated[
        Path, typer.Argument(help="Folder for the deliveries; those of an earlier run are replaced.")
    ],
    residents: Annotated[int, typer.Option(help="Invented people, the dead of ten years included.")] = 10_000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 1,
    days: Annotated[int, typer.Option(help="Delivered days: one full, then deltas.")] = 6,
    first_day: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Day of the full deliveries.")] = (
        datetime(2025, 6, 25)
    ),
    defects: Annotated[float, typer.Option(help="Multiplies all defect rates; 0 is clean.")] = 1.0,
    anomalies: Annotated[float, typer.Option(help="Multiplies the planted cases; 0 plants none.")] = 1.0,
    faults: Annotated[bool, typer.Option(help="Add a day of broken deliveries after the last.")] = False,
    doubts: Annotated[int, typer.Option(help="Applications that leave open who applied.")] = 0,
) -> None:
    """Write deliveries of an invented city with their ground truth."""
    console = Console()
    try:
        with console.status("building") as status:
            summary = generate(
                out,
                residents,
                seed,
                days,
                first_day.date(),
                defects,
                anomalies,
                faults,
                doubts,
                progress=status.update,
            )
    except SettingsError as error:
        console.print(str(error), style="red", markup=False)
        raise typer.Exit(2) from error
    console.print(_lines_table(summary), _cases_table(summary))
    console.print(f"{summary.people} people, as of {summary.as_of}, in {summary.out}")


def _lines_table(summary: Summary) -> Table:
    table = Table("feed", "lines", title="Deliveries")
    for feed, lines in summary.lines.items():
        table.add_row(feed, str(lines))
    return table


def _cases_table(summary: Summary) -> Table:
    table = Table("rule", "hits", "near misses", title="Truth")
    for rule in sorted({*summary.hits, *summary.near_misses}):
        table.add_row(rule, str(summary.hits.get(rule, 0)), str(summary.near_misses.get(rule, 0)))
    return table


if __name__ == "__main__":
    app()
