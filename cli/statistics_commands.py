"""`minzheng statistics ...`: tables of what was paid, as workbooks."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from cli.console import console
from cli.opened import connected

app = typer.Typer(help="Tables of statistics as workbooks, cells of few people hidden.", no_args_is_help=True)

Month = Annotated[
    datetime | None,
    typer.Option("--month", formats=["%Y-%m"], help="YYYY-MM, of a quarter its last; the newest there is."),
]
Out = Annotated[Path, typer.Option("--out", dir_okay=False, help="The workbook (XLSX).")]


@app.command("monthly")
def monthly(out: Out, month: Month = None) -> None:
    """Recipients and money of a month: by benefit, age band and sex, and by street and village."""
    _write("monthly", month, out)


@app.command("quarterly")
def quarterly(out: Out, month: Month = None) -> None:
    """The figures of the ministry's quarterly table of social assistance."""
    _write("quarterly", month, out)


def _write(form: str, month: datetime | None, out: Path) -> None:
    from warehouse.bureau.letterhead import letterhead
    from warehouse.casework.statistics import latest, write_form
    from warehouse.database.errors import given_path

    with connected() as connection:
        chosen = month.date() if month else latest(connection, form)
        with given_path(out):
            write_form(connection, form, chosen, out, letterhead())
    console.print(f"已写出 written: {out}（{chosen:%Y-%m}）", soft_wrap=True)
