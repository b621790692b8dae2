"""``minzheng inbox``: what lies in the exchange folder and nothing reads."""

from pathlib import Path
from typing import Annotated

import typer

from cli.console import console
from cli.opened import connected, opened_warehouse

app = typer.Typer(help="What lies in the inbox and nothing reads.", no_args_is_help=True)


@app.command("list")
def list_strays() -> None:
    """What the last landing met, with who acknowledged it and why."""
    from cli import report
    from ingestion.strays import known_strays

    with connected() as connection:
        strays = known_strays(connection)
    if not strays:
        console.print("交换目录中没有无人读取的内容 nothing astray")
        return
    report.print_strays(console, strays)


@app.command("ignore")
def ignore_stray(
    path: Annotated[str, typer.Argument(help="As it was told, or its path below the inbox or in full.")],
    reason: Annotated[str, typer.Option("--reason", help="Why it may lie there; kept beside it.")],
    ignored_by: Annotated[
        str | None, typer.Option("--by", help="Who says so; the login where nobody is named.")
    ] = None,
    inbox: Annotated[
        Path | None, typer.Option("--inbox", envvar="MINZHENG_INBOX", help="The folder a full path is below.")
    ] = None,
) -> None:
    """Acknowledge something astray: its alert closes, and it is told no more while it lies there."""
    from ingestion.strays import ignore
    from warehouse.alerting import alerts
    from warehouse.database.settings import settings

    with opened_warehouse() as warehouse:
        with warehouse.connect("loader") as connection:
            place = ignore(connection, inbox or settings().inbox, path, reason, ignored_by)
        alerts.update(warehouse)
    console.print(f"已认可 acknowledged {place}")
