"""``minzheng authorization``: consent entered by hand, and consent withdrawn."""

from datetime import datetime
from typing import Annotated

import typer

from cli.console import console
from cli.opened import connected
from ingestion.office_files import text_of

app = typer.Typer(help="Consent: entered by hand, and withdrawn.", no_args_is_help=True)

Number = Annotated[str, typer.Argument(help="Number of the authorization.")]
By = Annotated[str, typer.Option("--by", help="Who enters it.")]


@app.command("add")
def add_authorization(
    number: Number,
    since: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First day.")],
    to: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day.")],
    by: By,
    feeds: Annotated[
        list[str] | None, typer.Option("--source", help="A source it opens; every one by default.")
    ] = None,
    people: Annotated[
        typer.FileBinaryRead | None,
        typer.Option(
            "--people", help="File of identity numbers, one a line (- for the input); else you are asked."
        ),
    ] = None,
) -> None:
    """Enter the people who signed an authorization."""
    from warehouse.verification.authorization import add

    # Not arguments: those stand in the history of the shell and in the list of processes.
    stated = (
        text_of(people.read()) if people else typer.prompt("公民身份号码 identity numbers", hide_input=True)
    )
    with connected() as connection:
        count = add(connection, number, stated.split(), since.date(), to.date(), by, feeds or ())
    console.print(f"已登记 entered: {number}，{count} 人 people")


@app.command("revoke")
def revoke_authorization(
    number: Number, by: By, reason: Annotated[str, typer.Option("--reason", help="Why; kept.")]
) -> None:
    """Withdraw an authorization at once and for good; answers already given are closed too."""
    from warehouse.verification.authorization import revoke

    with connected() as connection:
        revoke(connection, number, by, reason)
    console.print(f"已撤回 withdrawn: {number}")
