"""``minzheng staff``: people come, change and go; and what rights there are."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.console import console
from cli.handed import hand_over
from cli.left import tell_left
from cli.officer_commands import OidcSubject, Out, hand_out, subject_of
from cli.opened import opened_warehouse

if TYPE_CHECKING:
    from serving.desk.staff import Changed

app = typer.Typer(help="People: coming, changing, going, and their rights.", no_args_is_help=True)

Login = Annotated[str, typer.Argument(help="The person's own database login.")]
Role = Annotated[
    list[str],
    typer.Option("--role", help="officer, analyst, auditor, vendor_ops, security or loader; again for more."),
]
Division = Annotated[
    list[str] | None, typer.Option("--division", help="Division code; again for more, * for all.")
]


@app.command("join")
def let_join(
    login: Login,
    name: Annotated[str, typer.Option("--name", help="The person's name.")],
    role: Role,
    division: Division = None,
    oidc_subject: OidcSubject = None,
    out: Out = None,
) -> None:
    """Let somebody in: login, roles, divisions, and for an officer the desk's account. Tells the password once."""
    from serving.desk.staff import join

    with opened_warehouse() as warehouse:
        handed = join(warehouse, login, name, role, division or [], subject_of(oidc_subject))
    if isinstance(handed, str):
        hand_over(f"登录名 login: {login}\n密码 password: {handed}\n", out)
    else:
        hand_out(login, handed, out)


@app.command("move")
def let_move(login: Login, role: Role, division: Division = None) -> None:
    """Give somebody these roles and divisions and no others; signed out, findings in hand wait for others."""
    from serving.desk.staff import move

    with opened_warehouse() as warehouse:
        _tell(f"已调整 changed {login}", move(warehouse, login, role, division or []))


@app.command("leave")
def let_leave(login: Login) -> None:
    """Take login, roles, divisions, account and sessions away; decisions stay, findings in hand wait for others."""
    from serving.desk.staff import leave

    with opened_warehouse() as warehouse:
        _tell(f"已注销 removed {login}", leave(warehouse, login))


@app.command("rights")
def list_rights(
    out: Annotated[Path, typer.Option("--out", dir_okay=False, help="The workbook.")],
) -> None:
    """Write all rights with their last use as a workbook to look through and sign. Exit 1 where duties meet in one."""
    from warehouse.database.errors import GateClosed
    from warehouse.database.settings import BUREAU_TIME
    from warehouse.staff.duties import logins_with_two
    from warehouse.staff.rights import write_rights

    with opened_warehouse() as warehouse:
        count = write_rights(warehouse, out, datetime.now(BUREAU_TIME))
        with warehouse.connect() as connection:
            two = logins_with_two(connection)
    console.print(f"已写出 written: {out}，{count} 个登录 logins", soft_wrap=True)
    if two:
        raise GateClosed(
            f"职责不得由一人兼任：{'、'.join(two)}。 Duties that exclude each other meet in {', '.join(two)}."
        )


def _tell(done: str, changed: "Changed") -> None:
    console.print(
        f"{done}，{changed.released} 条在办疑点放回 findings put back，{changed.sessions} 个会话已退出 sessions ended",
        soft_wrap=True,
    )
    if changed.tokens:
        numbers = ", ".join(str(number) for number in changed.tokens)
        console.print(
            f"此人建立的令牌仍有效，请更换：{numbers}。 Tokens of clients this login made still hold: change them over "
            f"({numbers}; `minzheng token add`, then `minzheng token withdraw`).",
            soft_wrap=True,
        )
    if changed.left:
        tell_left(changed.left)
