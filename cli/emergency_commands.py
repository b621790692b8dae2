"""``minzheng emergency``: a login beside the usual ways, with a reason and an end."""

from typing import Annotated

import typer

from cli.console import console
from cli.handed import hand_over
from cli.left import tell_left
from cli.officer_commands import Out
from cli.opened import opened_warehouse
from warehouse.database.settings import BUREAU_TIME

app = typer.Typer(help="Break-glass: a login for hours, with a reason and an alert.", no_args_is_help=True)


@app.command("open")
def open_glass(
    role: Annotated[
        str, typer.Option("--role", help="officer, analyst, auditor, vendor_ops, security or loader.")
    ],
    reason: Annotated[str, typer.Option("--reason", help="Why; kept for ever.")],
    asked_by: Annotated[str, typer.Option("--by", help="Who asks for it.")],
    hours: Annotated[
        int, typer.Option("--hours", min=1, max=24, help="After so many it ends by itself.")
    ] = 4,
    division: Annotated[
        list[str] | None, typer.Option("--division", help="Division code; again for more, * for all.")
    ] = None,
    out: Out = None,
) -> None:
    """Make a login for hours, told once; an alert stands until it is ended."""
    from warehouse.alerting.alerts import update
    from warehouse.staff.emergency import open_emergency

    with opened_warehouse() as warehouse:
        login, password, until = open_emergency(warehouse, role, division or [], hours, reason, asked_by)
        update(warehouse)
    hand_over(
        f"登录名 login: {login}\n密码 password: {password}\n"
        f"到期 until: {until.astimezone(BUREAU_TIME):%Y-%m-%d %H:%M}\n",
        out,
    )


@app.command("end")
def end_glass(login: Annotated[str, typer.Argument(help="As `emergency list` shows it.")]) -> None:
    """Take the login away, and whoever is in with it; what it did stays in the log."""
    from warehouse.alerting.alerts import update
    from warehouse.staff.emergency import end_emergency

    with opened_warehouse() as warehouse:
        ended = end_emergency(warehouse, login)
        update(warehouse)
    console.print(f"已注销 removed {login}")
    if ended.tokens:
        numbers = ", ".join(str(number) for number in ended.tokens)
        console.print(f"其建立的令牌已撤回 tokens it had added are withdrawn: {numbers}", soft_wrap=True)
    if ended.given:
        console.print(
            f"其给予的行政区划仍有效，请核对：{'；'.join(ended.given)}。 Divisions it gave stand: look through them "
            "(`minzheng staff rights`, `minzheng token list`).",
            soft_wrap=True,
        )
    if ended.left:
        tell_left(ended.left)


@app.command("list")
def list_emergencies() -> None:
    """All there were: why, for whom, by whom, until when, and when they ended."""
    from cli.report import print_emergencies
    from warehouse.staff.emergency import emergencies

    with opened_warehouse() as warehouse:
        print_emergencies(console, emergencies(warehouse))
