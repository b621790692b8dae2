"""Every command of the guide, run as the login the guide lists for it, on a published town."""

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from hand_made_family import Family

from warehouse import cli
from warehouse.config import PROJECT_ROOT, settings
from warehouse.logins import LOGINS, connections_for
from warehouse.pipeline import prepare

GUIDE = (PROJECT_ROOT / "docs" / "operations.md").read_text(encoding="utf-8")

# A build and a whole run by these logins stand in test_steps_by_role; docs belongs to them.
ELSEWHERE = {"build", "run", "docs"}
RUN = {
    "land": ("land --inbox {inbox}", 0),
    "backfill": ("backfill payment --inbox {inbox} --from 2025-06-01 --to 2025-06-02", 0),
    "gate": ("gate", 0),
    "accept": ("accept payment_20250601_01 --reason why", 2),
    "withdraw": ("withdraw payment_20250601_01 --reason why", 2),
    "inbox list": ("inbox list", 0),
    "inbox ignore": ("inbox ignore nothing/here --reason why", 2),
    "alert list": ("alert list", 0),
    "alert send": ("alert send", 0),
    "doctor": ("doctor", 0),
    "return-list": ("return-list --out {inbox}/out", 0),
    "status": ("status", 0),
    "rollback": ("rollback 1", 0),
    "serve": ("serve", 0),
    "audit verify": ("audit verify", 0),
    "audit anchor": ("audit anchor", 0),
    "audit who-read": ("audit who-read --resident 1", 0),
    "audit reproduce": ("audit reproduce {report}", 0),
    "retention": ("retention --apply", 0),
}


@pytest.fixture
def logins(database: str) -> Iterator[dict[str, str]]:
    """The guide's statements as they stand, but for the names: logins belong to the whole server."""
    name, place = database.rsplit("/", 1)[1], database.rsplit("@", 1)[1]
    section = GUIDE[GUIDE.index("## A run without an administrator") :]
    (block, *_) = re.findall(r"```sql\n(.*?)```", section, re.DOTALL)
    statements = re.sub(r"\b(dw_\w+)", rf"\1_{name}", block).replace("'...'", "'test'")
    with psycopg.connect(database, autocommit=True) as admin:
        admin.execute(statements.encode())
    yield {login: f"postgresql://{login}_{name}:test@{place}" for login in LOGINS}
    with psycopg.connect(database, autocommit=True) as admin:
        for login in LOGINS:
            admin.execute(f"drop owned by {login}_{name}; drop role {login}_{name}".encode())


@pytest.fixture
def command(
    logins: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[[str, str], tuple[int, str]]:
    """Runs a command line as a login: exit code, and all that was printed."""
    monkeypatch.setattr("uvicorn.run", lambda *_, **__: None)  # up to where it would listen

    def run(login: str, line: str) -> tuple[int, str]:
        monkeypatch.setenv("MINZHENG_DATABASE_URL", logins[login])
        settings.cache_clear()
        monkeypatch.setattr(sys, "argv", ["minzheng", *line.split()])
        try:
            cli.main()
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
        printed = capfd.readouterr()
        return code, printed.out + printed.err

    return run


@pytest.fixture
def report_no(connection: psycopg.Connection, database: str) -> str:
    family = Family(connection)
    family.publish()
    report_no = family.verify()["report_no"]
    prepare(database)
    return str(report_no)


def test_the_guide_lists_the_logins_and_commands_of_the_program() -> None:
    rows = re.findall(r"^\| `(dw_\w+)` \| (.+) \|$", GUIDE, re.MULTILINE)
    assert {login: tuple(re.findall(r"`(.+?)`", listed)) for login, listed in rows} == {
        name: login.commands for name, login in LOGINS.items()
    }
    for name, login in LOGINS.items():
        assert re.search(
            rf"create role {name}\s+login password '...' connection limit {login.connections} in role "
            rf"{', '.join(login.roles)};",
            GUIDE,
        )


def test_a_login_made_for_a_work_holds_no_more_than_the_guide_says() -> None:
    assert {name: connections_for(login.roles) for name, login in LOGINS.items()} == {
        name: login.connections for name, login in LOGINS.items()
    }
    assert connections_for([role for login in LOGINS.values() for role in login.roles]) == 30, (
        "as its largest part"
    )


def test_each_command_is_tried() -> None:
    assert {word for login in LOGINS.values() for word in login.commands} == set(RUN) | ELSEWHERE


@pytest.mark.parametrize("login", LOGINS)
def test_a_login_may_do_what_the_guide_lists_for_it(
    command: Callable[[str, str], tuple[int, str]], report_no: str, tmp_path: Path, login: str
) -> None:
    (tmp_path / "inbox").mkdir()
    for listed in LOGINS[login].commands:
        if listed in RUN:
            line, wanted = RUN[listed]
            code, printed = command(login, line.format(inbox=tmp_path / "inbox", report=report_no))
            assert (code, "may not" in printed) == (wanted, False), f"{line}: {printed}"


@pytest.mark.parametrize(
    ("login", "line", "said"),
    [
        ("dw_audit", "retention --apply", "retention (dw_tidy"),
        (
            "dw_serve",
            "audit verify",
            "permission denied for schema audit. Nothing was changed. `minzheng audit verify` is",
        ),
        ("dw_serve", "inbox list", "`minzheng inbox list` is for a login with the roles loader (dw_land"),
        ("dw_land", "rollback 1", "loader, transformer, publisher (dw_build"),
        ("dw_land", "serve", "`grant approval_api to dw_land"),
        ("dw_serve", "findings", "Whoever administers the database gives rights"),
    ],
)
def test_a_missing_right_is_named_with_who_gives_it(
    command: Callable[[str, str], tuple[int, str]], report_no: str, login: str, line: str, said: str
) -> None:
    code, printed = command(login, line)
    assert code == 2
    assert said in " ".join(printed.split())
    assert "Run again" not in printed


def test_the_service_wants_a_login_that_may_name_clients(
    command: Callable[[str, str], tuple[int, str]], report_no: str, connection: psycopg.Connection
) -> None:
    connection.execute("delete from ops.client_door where user_name <> 'approval_api'")
    connection.commit()
    code, printed = command("dw_serve", "serve")
    assert code == 2
    assert "insert into ops.client_door values ('dw_serve_" in " ".join(printed.split())
