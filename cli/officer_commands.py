"""`minzheng officer ...`: who may work at the desk."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.console import console
from cli.handed import hand_over
from cli.opened import opened_warehouse

if TYPE_CHECKING:
    from serving.desk.officers import Credentials, Subject

app = typer.Typer(help="Officers and their accounts of the desk.", no_args_is_help=True)

Login = Annotated[str, typer.Argument(help="The officer's own database login.")]
Out = Annotated[
    Path | None,
    typer.Option("--out", dir_okay=False, help="Write the first password there, not to the screen."),
]

OidcSubject = Annotated[
    str | None,
    typer.Option(
        "--oidc-subject",
        help="Signs in by the office's sign-in service, where the officer is known under this (`sub`).",
    ),
]


@app.command("add")
def add_officer(
    login: Login,
    name: Annotated[str, typer.Option("--name", help="The officer's name, as shown beside decisions.")],
    division: Annotated[
        list[str], typer.Option("--division", help="Division code; again for more, * for all.")
    ],
    auditor: Annotated[
        bool, typer.Option("--auditor", help="An auditor's account: reads the audit pages, acts on nothing.")
    ] = False,
    oidc_subject: OidcSubject = None,
    out: Out = None,
) -> None:
    """Make an officer's login and account; tells the first password and the one-time code's address, once."""
    from serving.desk.officers import add

    with opened_warehouse() as warehouse:
        credentials = add(warehouse, login, name, division, subject_of(oidc_subject), audits_only=auditor)
        hand_out(login, credentials, out)


@app.command("reset")
def reset_officer(login: Login, oidc_subject: OidcSubject = None, out: Out = None) -> None:
    """Give an officer a new first password and new one-time codes; whoever is signed in is signed out."""
    from serving.desk.officers import reset

    with opened_warehouse() as warehouse:
        hand_out(login, reset(warehouse, login, subject_of(oidc_subject)), out)


@app.command("leave")
def remove_officer(login: Login) -> None:
    """Take an officer's login and account away; decisions stay, findings in hand wait for others."""
    from serving.desk.staff import leave

    with opened_warehouse() as warehouse:
        released = leave(warehouse, login).released
    console.print(f"已注销 removed {login}，{released} 条在办疑点放回 findings put back")


@app.command("head")
def make_head(
    login: Login,
    is_head: Annotated[
        bool, typer.Option("--yes/--no", help="Whether the officer heads the section.")
    ] = True,
) -> None:
    """Make an officer head of the section: sees what is overdue in the own divisions, and arranges substitutes."""
    from serving.desk.officers import set_duty

    with opened_warehouse() as warehouse:
        set_duty(warehouse, login, is_head=is_head)
    console.print(f"{login} {'为科室负责人 heads the section' if is_head else '为核对员 is an officer'}")


@app.command("mail")
def set_reminders(
    login: Login,
    address: Annotated[str, typer.Argument(help="Where to remind the officer; '' for nowhere.")],
) -> None:
    """Say where an officer is reminded by mail of what is due (`minzheng alert remind`)."""
    from serving.desk.officers import set_mail

    with opened_warehouse() as warehouse:
        set_mail(warehouse, login, address.strip() or None)
    console.print(
        f"{login}：{'已登记提醒邮箱 is reminded by mail' if address.strip() else '不发提醒 is not reminded'}"
    )


@app.command("list")
def list_officers() -> None:
    """Officers with their divisions, and who is locked out or has not signed in yet."""
    from cli import report
    from serving.desk.officers import officers

    with opened_warehouse() as warehouse:
        report.print_officers(console, officers(warehouse))


def subject_of(subject: str | None) -> "Subject | None":
    """Of the sign-in service in the settings; none for an account of the desk's own."""
    from serving.desk.officers import Subject
    from warehouse.database.errors import UsageError
    from warehouse.database.settings import settings

    if subject is None:
        return None
    if not subject.strip() or not settings().desk_oidc_issuer:
        raise UsageError(
            "须写明身份编号，并设置 MINZHENG_DESK_OIDC_ISSUER。 A subject is wanted, and MINZHENG_DESK_OIDC_ISSUER set."
        )
    return Subject(settings().desk_oidc_issuer, subject.strip())


def hand_out(login: str, credentials: "Credentials | None", out: Path | None) -> None:
    if credentials is None:
        console.print(f"以统一身份认证登录 signs in by the sign-in service: {login}")
        return
    hand_over(
        f"登录名 login: {login}\n初始密码 first password: {credentials.password}\n"
        f"动态码 one-time codes: {credentials.totp_uri}\n",
        out,
    )
