"""``minzheng report``: a report given before, as PDF."""

from pathlib import Path
from typing import Annotated

import typer

from cli.console import console
from cli.opened import connected
from warehouse.database.errors import UsageError, given_path


def write_report(
    number: Annotated[str, typer.Argument(help="The whole number of the report.")],
    out: Annotated[Path, typer.Option("--out", dir_okay=False, help="The PDF to write.")],
    purpose: Annotated[
        str | None,
        typer.Option("--purpose", help="For what it is read; MINZHENG_PURPOSE where none is given. Logged."),
    ] = None,
    client: Annotated[
        str, typer.Option("--client", help="The client of the REST service that asked; else this login.")
    ] = "",
    by: Annotated[
        str | None, typer.Option("--by", help="Who reads it; the login where nobody is named.")
    ] = None,
) -> None:
    """Write the report of a verification as PDF, word for word as it was answered. The reading is logged."""
    from ingestion.office_files import own_file
    from serving.database import speak_for
    from serving.report import render_pdf
    from warehouse.verification.purposes import stated_purpose

    # Written once the log holds that it was read.
    with connected() as connection:
        stated = stated_purpose(connection, purpose)
        if client:
            speak_for(connection, client)
        row = connection.execute("select api_v1.get_report(%s, %s, %s)", [number, stated, by]).fetchone()
        assert row
        answer = row[0]
    if answer["status"] == "refused":
        problem = answer["problem"]
        raise UsageError(f"未写出报告：{problem['title_zh']}。 No report was written ({problem['code']}).")
    with given_path(out):
        own_file(out).write_bytes(render_pdf(answer))
    console.print(f"已写出 written: {out}", soft_wrap=True)
