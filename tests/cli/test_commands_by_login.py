"""Every command of the guide, run as the login the guide lists for it, on a published town."""

import re
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import psycopg
import pytest
from hand_made_family import Family
from small_inbox import SmallInbox, line

from cli import main as cli
from warehouse.database.connection import Warehouse
from warehouse.database.logins import LOGINS, connections_for, make_logins, who_may
from warehouse.database.settings import PROJECT_ROOT, settings
from warehouse.pipeline.runs import prepare
from warehouse.verification.audit import readings

GUIDE = (PROJECT_ROOT / "docs" / "operations.md").read_text(encoding="utf-8")

# A build and a whole run by these logins stand in test_steps_by_role; docs belongs to them.
ELSEWHERE = {"build", "run", "docs"}
RUN = {
    "land": ("land --inbox {inbox}", 0),
    "pull": ("pull payment --inbox {inbox}", 2),  # which is sent
    "backfill": ("backfill payment --inbox {inbox} --from 2025-06-01 --to 2025-06-02", 0),
    "gate": ("gate", 0),
    "accept": ("accept payment_20250601_01 --reason why", 2),
    "withdraw": ("withdraw payment_20250601_01 --reason why", 2),
    "inbox list": ("inbox list", 0),
    "inbox ignore": ("inbox ignore nothing/here --reason why", 2),
    "alert list": ("alert list", 0),
    "alert send": ("alert send", 0),
    "alert remind": ("alert remind", 2),  # no mail server is set
    "doctor": ("doctor", 0),
    "return-list": ("return-list --out {inbox}/out", 0),
    "status": ("status", 0),
    "rollback": ("rollback 1", 0),
    "serve": ("serve", 0),
    "report": ("report {report} --purpose review --out {files}/report.pdf", 2),  # asked by another login
    "desk": ("desk", 0),
    "audit verify": ("audit verify", 0),
    "audit anchor": ("audit anchor", 0),
    "audit who-read": ("audit who-read --resident 1", 0),
    "audit reproduce": ("audit reproduce {report}", 0),
    "review list": ("review list --purpose review", 2),  # its tables are built by dw_build
    "review decide": ("review decide {files}/cases.csv --by A", 2),
    "findings": ("findings --purpose review", 0),
    "explain": ("explain f1 --purpose review", 0),
    "finding worklist": ("finding worklist --purpose review --out {files}/list.xlsx", 0),
    "finding decide": ("finding decide f1 --as dismissed --reason LAWFUL --by A", 0),
    "finding import": ("finding import {files}/list.csv --by A", 0),
    "authorization add": (
        "authorization add N1 --from 2025-06-01 --to 2025-06-30 --by A --source vehicle --people {files}/people", 0,
    ),
    "authorization revoke": ("authorization revoke N1 --by A --reason why", 0),
    "statistics monthly": ("statistics monthly --out {files}/month.xlsx", 2),  # of this family nothing was paid
    "statistics quarterly": ("statistics quarterly --out {files}/quarter.xlsx", 2),
    "retention": ("retention --apply", 0),
    "metrics": ("metrics", 0),
    "token add": ("token add approval --division 420203", 0),
    "token list": ("token list", 0),
    "token withdraw": ("token withdraw 1 --reason why", 0),
    "staff rights": ("staff rights --out {files}/rights.xlsx", 0),
    "backup take": ("backup take", 2),  # tests/warehouse/test_backup_restore.py, by a login of this kind
    "backup follow": ("backup follow", 2),
}  # fmt: skip


@pytest.fixture
def logins(database: Warehouse) -> Iterator[dict[str, Warehouse]]:
    """The guide's statements as they stand, but for the names: logins belong to the whole server."""
    name = database.parameters["dbname"]
    section = GUIDE[GUIDE.index("## A run without an administrator") :]
    (block, *_) = re.findall(r"```sql\n(.*?)```", section, re.DOTALL)
    statements = re.sub(r"\b(dw_\w+)", rf"\1_{name}", block).replace("'...'", "'test'")
    with psycopg.connect(database.address, autocommit=True) as admin:
        admin.execute(statements.encode())
    yield {login: database.at(username=f"{login}_{name}", password="test") for login in LOGINS}
    with psycopg.connect(database.address, autocommit=True) as admin:
        for login in LOGINS:
            admin.execute(f"drop owned by {login}_{name}; drop role {login}_{name}".encode())


@pytest.fixture
def command(
    logins: dict[str, Warehouse],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Callable[[str, str], tuple[int, str]]:
    """Runs a command line as a login: exit code, and all that was printed."""
    monkeypatch.setattr("serving.listening.Door.serve", lambda *_: None)  # up to where it would listen

    def run(login: str, line: str) -> tuple[int, str]:
        monkeypatch.setenv("MINZHENG_DATABASE_URL", logins[login].address)
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
def report_no(connection: psycopg.Connection, database: Warehouse) -> str:
    family = Family(connection)
    family.add("finding_reason", reason_code="LAWFUL", decision="dismissed", title_zh="政策允许")
    for finding_id, division in (("f1", "420203"), ("g1", "420204")):
        family.add(
            "finding", finding_id=finding_id, rule_code="D02", outcome="hit", severity="red", division_code=division,
            subject_resident_id=1, evidence_digest="x",
            evidence={"facts": {}, "sources": [{"feed": "vehicle", "delivery_id": "d1", "line_number": 2}]},
        )  # fmt: skip
    for number, division in (("JZ1", "420203"), ("JZ2", "420204")):
        family.add(
            "household_means", household_kind="aid", household_no=number, aid_household_no=number,
            division_code=division, member_count=1, resolved_member_count=1, unknown_income_count=0, month_count=2,
            income_month=date(2025, 6, 1), counted_income_yuan=600, deduction_yuan=0, countable_income_yuan=600,
            countable_per_capita_yuan=600, standard_code="DB_URBAN", standard_yuan=800, countable_multiple="0.75",
            property_outcome="within", property_tests=[],
        )  # fmt: skip
        family.add(
            "household_means_item", household_kind="aid", household_no=number, item_kind="income", category="wage",
            resident_id=2, income_month=date(2025, 6, 1), amount_yuan=1200, counted_share=1, counted_yuan=600,
            delivery_id="s1", line_number=3,
        )  # fmt: skip
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
        may = "login replication" if login.may_replicate else "login"
        roles = f" in role {', '.join(login.roles)}" if login.roles else ""
        assert re.search(
            rf"create role {name}\s+{may} password '...' connection limit {login.connections}{roles};", GUIDE
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
    (tmp_path / "people").write_text("420203198001010011", encoding="utf-8")
    (tmp_path / "list.csv").write_text("编号,处理,原因代码,备注\nf1,已排除,政策允许,\n", encoding="utf-8")
    (tmp_path / "cases.csv").write_text("mention,resident_id,decision\nd1:1:payee,1,same\n", encoding="utf-8")
    for listed in LOGINS[login].commands:
        if listed in RUN:
            line, wanted = RUN[listed]
            code, printed = command(
                login, line.format(inbox=tmp_path / "inbox", files=tmp_path, report=report_no)
            )
            assert (code, "may not" in printed) == (wanted, False), f"{line}: {printed}"


@pytest.mark.parametrize(
    ("login", "line", "said"),
    [
        ("dw_audit", "retention --apply", "retention (dw_tidy"),
        (
            "dw_serve",
            "audit verify",
            "permission denied for schema audit. Nothing was changed. `minzheng audit verify` 供具有角色 auditor",
        ),
        ("dw_serve", "inbox list", "`minzheng inbox list` is for a login with the roles loader (dw_land"),
        ("dw_land", "rollback 1", "loader, transformer, publisher (dw_build"),
        ("dw_land", "serve", "`grant approval_api to dw_land"),
        (
            "dw_serve",
            "findings --purpose review",
            "`minzheng findings` is for a login with the roles officer (dw_desk",
        ),
        ("dw_desk", "review list --purpose review", "loader (dw_land in docs/operations.md)"),
        (
            "dw_desk",
            "explain --mention d1:1:payee --purpose review",
            "`minzheng explain --mention` is for a login with the roles loader (dw_land",
        ),
    ],
)
def test_a_missing_right_is_named_with_who_gives_it(
    command: Callable[[str, str], tuple[int, str]], report_no: str, login: str, line: str, said: str
) -> None:
    code, printed = command(login, line)
    assert code == 2
    assert said in " ".join(printed.split())
    assert "Run again" not in printed


def test_a_command_of_no_login_is_said_to_be_so() -> None:
    assert "Whoever administers the database gives rights" in who_may(["evaluate"])


def test_what_is_held_and_what_was_wrong_is_settled_by_the_login_that_lands(
    command: Callable[[str, str], tuple[int, str]], report_no: str, database: Warehouse, tmp_path: Path
) -> None:
    inbox = SmallInbox(tmp_path / "inbox")
    inbox.add("vehicle", [line("vehicle", 1)])
    inbox.add("payment", [line("payment", number, amount_yuan="x") for number in range(40)])
    code, printed = command("dw_land", f"land --inbox {inbox.root}")
    assert (code, "permission denied for table" in printed, "run again" in printed) == (2, True, False)
    make_logins(database, {})  # as the guide says of what an administrator built before
    code, printed = command("dw_land", f"land --inbox {inbox.root}")
    assert (code, "minzheng alert list" in printed) == (1, True)
    assert "整份暂扣" in command("dw_land", "alert list")[1]
    for login, line_, wanted in (
        ("dw_desk", "accept payment_20250625_full_01 --reason why", 2),
        ("dw_land", "accept payment_20250625_full_01 --reason why", 0),
        ("dw_audit", "withdraw vehicle_20250625_full_01 --reason why", 2),
        ("dw_land", "withdraw vehicle_20250625_full_01 --reason why", 0),
    ):
        code, printed = command(login, line_)
        assert (code, "本登录无权" in printed, "loader (dw_land" in printed) == (
            wanted,
            wanted == 2,
            wanted == 2,
        )
    assert "没有告警" in command("dw_land", "alert list")[1]


def test_the_auditor_reads_by_number_who_read(
    command: Callable[[str, str], tuple[int, str]], report_no: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    command("dw_desk", "findings --purpose 异议复核")
    monkeypatch.setattr("typer.prompt", lambda *_, **__: "420203198001010011")
    code, printed = command("dw_audit", "audit who-read")
    assert (code, report_no in printed, "objection 异议复核" in printed) == (0, True, True)
    monkeypatch.setattr("typer.prompt", lambda *_, **__: "420203199912310011")
    code, printed = command("dw_audit", "audit who-read")
    assert (code, "没有此号码的居民" in printed, "420203" in printed) == (2, True, False)
    assert "没有查阅记录" in command("dw_audit", "audit who-read --resident 77")[1]


def test_an_officer_sees_the_own_divisions_and_the_log_says_whom(
    command: Callable[[str, str], tuple[int, str]], report_no: str, connection: psycopg.Connection
) -> None:
    def logged() -> list[tuple[object, ...]]:
        rows = connection.execute(
            "select operation, purpose, resident_ids, request from audit.verification_log where outcome = 'read'"
            " order by logged_at"
        ).fetchall()
        connection.commit()
        return rows

    code, printed = command("dw_desk", "findings")
    assert (code, "application 新申请核对, change 变更核查, objection" in printed, "f1" in printed) == (
        2,
        True,
        False,
    )
    assert logged() == []

    code, printed = command("dw_desk", "findings --purpose objection")
    assert (code, "f1" in printed, "g1" in printed) == (0, True, False)
    code, printed = command("dw_desk", "explain f1 --purpose review")
    assert (code, "d1 第 2 行" in printed, "grant loader to LOGIN" in printed) == (0, True, True)
    code, printed = command("dw_desk", "explain --household JZ1 --purpose review")
    assert (code, "截至 2025年06月" in printed, "2025年06月 1,200.00，计入 600.00" in printed) == (
        0,
        True,
        True,
    )
    code, printed = command("dw_desk", "explain --household JZ2 --purpose review")
    assert (code, "No household JZ2" in printed) == (2, True)
    code, printed = command("dw_desk", "explain g1 --purpose review")
    assert (code, "No finding starts" in printed) == (2, True)
    code, printed = command("dw_desk", "finding decide g1 --as dismissed --reason LAWFUL --by A")
    assert (code, "No finding served starts" in printed) == (2, True)
    told = logged()
    assert [row[:3] for row in told] == [
        ("findings", "objection", [1]), ("findings", "review", [1]), ("finding_decisions", "review", [1]),
        ("household_sheets", "review", [2]),
    ]  # fmt: skip
    assert told[1][3]["finding_id"] == "f1"
    assert [reading.purpose for reading in readings(connection, 1) if reading.outcome == "read"] == [
        "objection", "review", "review",
    ]  # fmt: skip


def test_an_officer_reads_nothing_but_by_what_logs_it(logins: dict[str, Warehouse], report_no: str) -> None:
    with psycopg.connect(logins["dw_desk"].address, autocommit=True) as officer:
        for relation in (
            "verification.finding", "pub.current_finding", "ops.finding_state", "ops.finding_decision",
            "ops.authorization",
        ):  # fmt: skip
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                officer.execute(f"select * from {relation}".encode())
        for call in ("findings(null, '', null, null, null, 9)", "worklist('curiosity', 9, '')",
                     "household_sheets('1', null)"):  # fmt: skip
            with pytest.raises(psycopg.errors.InvalidParameterValue, match="purpose"):
                officer.execute(f"select * from api_v1.{call}".encode())
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            officer.execute("select api_v1.note_lookup('x', 'review', '{}', '{1}')")


def test_an_officer_in_sql_keeps_no_number_and_closes_no_consent_to_come(
    logins: dict[str, Warehouse], report_no: str, connection: psycopg.Connection
) -> None:
    number = "420203198001010011"
    with psycopg.connect(logins["dw_desk"].address, autocommit=True) as officer:
        for given in (["A", f"see {number}"], [number, None]):
            with pytest.raises(psycopg.errors.InvalidParameterValue, match="identity number"):
                officer.execute("select api_v1.decide_finding('f1', 'dismissed', 'LAWFUL', %s, %s)", given)
        with pytest.raises(psycopg.errors.InvalidParameterValue, match="No such authorization"):
            officer.execute("select api_v1.revoke_authorization('SQ-2099-1', 'A', 'why')")
    written = "select count(*) from ops.finding_decision union all select count(*) from ops.authorization_revocation"
    assert connection.execute(written).fetchall() == [(0,), (0,)]


def test_the_service_wants_a_login_that_may_name_clients(
    command: Callable[[str, str], tuple[int, str]], report_no: str, connection: psycopg.Connection
) -> None:
    connection.execute("delete from ops.client_door where user_name <> 'approval_api'")
    connection.commit()
    code, printed = command("dw_serve", "serve")
    assert code == 2
    assert "insert into ops.client_door values ('dw_serve_" in " ".join(printed.split())
