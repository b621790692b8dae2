"""``minzheng token``: the clients of the REST service and what they show at its door."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from cli.console import console
from cli.handed import hand_over
from cli.opened import opened_warehouse

app = typer.Typer(help="Tokens of the clients of the REST service.", no_args_is_help=True)

Out = Annotated[
    Path | None, typer.Option("--out", dir_okay=False, help="Write the secret there, not to the screen.")
]


@app.command("add")
def add_token(
    client: Annotated[str, typer.Argument(help="The system that asks; it may have several tokens.")],
    division: Annotated[
        list[str] | None,
        typer.Option(
            "--division",
            help="Whose authorizations it may ask under; again for more, * for all. Of all its tokens.",
        ),
    ] = None,
    since: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day; today by default.")
    ] = None,
    to: Annotated[
        datetime | None,
        typer.Option("--to", formats=["%Y-%m-%d"], help="Last day; until withdrawn by default."),
    ] = None,
    out: Out = None,
) -> None:
    """Make a token for a client; a running service takes it within seconds. Tells it once."""
    from warehouse.verification.clients import add

    with opened_warehouse() as warehouse:
        number, token = add(
            warehouse, client, division or (), since.date() if since else None, to.date() if to else None
        )
    hand_over(f"客户 client: {client}\n编号 number: {number}\n令牌 token: {token}\n", out)


@app.command("withdraw")
def withdraw_token(
    number: Annotated[int, typer.Argument(min=1, help="Number of the token, as `token list` shows it.")],
    reason: Annotated[str, typer.Option("--reason", help="Why; kept.")],
) -> None:
    """Withdraw a token for good; a running service refuses it within seconds, and says why."""
    from warehouse.verification.clients import withdraw

    with opened_warehouse() as warehouse:
        client = withdraw(warehouse, number, reason)
    console.print(f"已撤回 withdrawn: {number}（{client}）")


@app.command("secret")
def callback_secret(
    client: Annotated[str, typer.Argument(help="The system that is called back.")],
    out: Out = None,
) -> None:
    """Tell the secret that callbacks of a client are signed with (Standard Webhooks)."""
    from serving.callbacks import secrets_of, told_secret
    from warehouse.database.errors import UsageError
    from warehouse.database.settings import settings
    from warehouse.verification.clients import want_client

    with opened_warehouse() as warehouse:
        want_client(warehouse, client)
    secrets = secrets_of(settings().api_callback_key.get_secret_value(), client)
    if not secrets:
        raise UsageError(
            "没有设置 MINZHENG_API_CALLBACK_KEY。 MINZHENG_API_CALLBACK_KEY is not set (docs/operations.md)."
        )
    hand_over(f"客户 client: {client}\n密钥 secret: {told_secret(secrets[0])}", out, note="")


@app.command("list")
def list_tokens() -> None:
    """Tokens with client, divisions, days, last use and whether they hold; never the tokens themselves."""
    from cli import report
    from warehouse.verification.clients import tokens

    with opened_warehouse() as warehouse:
        report.print_tokens(console, tokens(warehouse))
