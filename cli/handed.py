"""A secret, handed over to whoever asked for it."""

from pathlib import Path

import typer

from cli.console import console


def hand_over(told: str, out: Path | None, note: str = "只显示这一次 shown once") -> None:
    """On the screen, with a note, or in a file that nobody else of the machine can read."""
    from ingestion.office_files import own_file
    from warehouse.database.errors import given_path

    if out is None:
        typer.echo(told + note)
        return
    with given_path(out):
        own_file(out).write_text(told, encoding="utf-8")
    console.print(f"已写出 written: {out}", soft_wrap=True)
