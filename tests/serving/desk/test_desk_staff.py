"""People come, change and go in one step each, duties exclude each other, and the glass that is broken is swept up.

On the desk's family; no test takes more than a few seconds.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from at_the_desk import ELSEWHERE, HERE, MINE, Officers
from openpyxl import load_workbook

from serving.desk.staff import join, leave, move
from warehouse.alerting.alerts import compare, open_alerts
from warehouse.database.connection import Warehouse
from warehouse.database.errors import UsageError
from warehouse.database.settings import BUREAU_TIME
from warehouse.staff.duties import logins_with_two
from warehouse.staff.emergency import emergencies, end_emergency, open_emergency
from warehouse.staff.rights import write_rights
from warehouse.verification.clients import add as add_token
from warehouse.verification.clients import tokens

Login = Callable[[str], str]


@pytest.fixture
def named(database: Warehouse) -> Iterator[Login]:
    """Logins of this test alone: they belong to the whole server."""
    made: list[str] = []

    def name(what: str) -> str:
        made.append(f"{what}_{database.parameters['dbname']}")
        return made[-1]

    yield name
    with psycopg.connect(database.address, autocommit=True) as admin:
        for login in made:
            if admin.execute("select from pg_roles where rolname = %s", [login]).fetchone():
                admin.execute(f"drop owned by {login}; drop role {login}".encode())


def scope(database: Warehouse, login: str) -> list[str]:
    with database.connect() as connection:
        rows = connection.execute(
            "select division_code from ops.division_scope where user_name = %s order by 1", [login]
        ).fetchall()
    return [code for (code,) in rows]


def test_who_moves_sees_the_new_division_alone_and_work_in_hand_waits(
    officers: Officers, database: Warehouse
) -> None:
    officer, colleague = officers.add("张三", HERE).enter(), officers.add("李四", HERE).enter()
    officer.post(f"/findings/{MINE[0]}/hand", event="taken", seen="0.0")
    changed = move(database, officer.login, ["officer"], [ELSEWHERE])
    assert (changed.released, changed.sessions, changed.tokens) == (1, 1, [])
    assert officer.get("/findings").status_code == 303, "signed out"
    assert MINE[0] in colleague.get("/findings").text
    assert scope(database, officer.login) == [ELSEWHERE]
    officer.enter()
    assert MINE[0] not in officer.get("/findings").text
    with pytest.raises(UsageError, match="would come to the desk"):
        move(database, officer.login, ["analyst"], [ELSEWHERE])


def test_who_joins_without_the_desk_has_roles_and_divisions_and_who_leaves_nothing(
    database: Warehouse, named: Login
) -> None:
    login = named("analyst")
    password = join(database, login, "王五", ["analyst"], [HERE])
    assert isinstance(password, str)
    theirs = database.at(username=login, password=password)
    with psycopg.connect(theirs.address) as connection:
        assert connection.execute("select count(*) from analytics.household").fetchone() is not None
        connection.rollback()
        move(database, login, ["vendor_ops"], [])
        with pytest.raises(psycopg.OperationalError):  # at work with the rights of before
            connection.execute("select 1")
    with psycopg.connect(theirs.address) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("select count(*) from analytics.household")
    with psycopg.connect(database.address) as connection:  # a token that this login had made
        number, _ = add_token(database, "approval", ["*"])
        connection.execute(
            "update ops.client_token set added_login = %s where token_id = %s", [login, number]
        )
    assert leave(database, login).tokens == [number]
    assert scope(database, login) == []
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(theirs.address)
    with pytest.raises(UsageError, match="no login of a person"):
        leave(database, login)


@pytest.mark.parametrize(
    ("roles", "said"),
    [
        (["security", "auditor"], "exclude each other"),
        (["security", "officer"], "exclude each other"),
        (["security", "loader"], "exclude each other"),
        (["auditor", "analyst"], "exclude each other"),
        (["publisher"], "no role of people"),
        (["officer"], "Divisions"),
    ],
)
def test_what_nobody_may_have_is_refused(
    database: Warehouse, named: Login, roles: list[str], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        join(database, named("none"), "王五", roles, [])


def test_what_a_login_made_elsewhere_keeps_its_name_and_no_way_in(database: Warehouse, named: Login) -> None:
    """Anybody may connect to the database `postgres` and own something there, of which no other database knows."""
    login = named("clerk")
    password = join(database, login, "王五", ["analyst"], [HERE])
    assert isinstance(password, str)
    elsewhere = database.at(username=login, password=password, database="postgres")
    with psycopg.connect(elsewhere.address, autocommit=True) as connection:
        connection.execute("select lo_create(0)")
        try:
            left = leave(database, login).left
            assert left is not None
            assert "postgres" in left
            with pytest.raises(psycopg.OperationalError):
                connection.execute("select 1")
            with psycopg.connect(database.address) as admin:
                assert admin.execute(
                    "select rolcanlogin, rolconnlimit, rolpassword from pg_authid where rolname = %s", [login]
                ).fetchone() == (False, 0, None)
                assert admin.execute(
                    "select count(*) from pg_auth_members where member = to_regrole(%s)", [login]
                ).fetchone() == (0,)
            assert scope(database, login) == []
            for place in (elsewhere, database.at(username=login, password=password)):
                with pytest.raises(psycopg.OperationalError):
                    psycopg.connect(place.address)
        finally:
            with psycopg.connect(database.at(database="postgres").address, autocommit=True) as admin:
                admin.execute(f"drop owned by {login}".encode())


def test_who_moves_keeps_no_role_however_it_came(database: Warehouse, named: Login, tmp_path: Path) -> None:
    login = named("many")
    join(database, login, "王五", ["analyst"], [HERE])
    with psycopg.connect(database.address, autocommit=True) as admin:
        admin.execute(
            f"grant dw_owner, pg_read_all_data to {login}; alter role {login} createrole bypassrls".encode()
        )
        write_rights(database, tmp_path / "rights.xlsx", datetime.now(BUREAU_TIME))
        rows = load_workbook(tmp_path / "rights.xlsx")["登录"].iter_rows(min_row=4, values_only=True)
        roles, told = next(row[2:4] for row in rows if row[0] == login)
        assert roles == "analyst、dw_owner、pg_read_all_data"
        assert told == "系统管理员、不受行级安全约束、可建角色"
        move(database, login, ["loader"], [])
        held = admin.execute(
            "select array_agg(roleid::regrole::text), rolcreaterole or rolbypassrls from pg_roles"
            " left join pg_auth_members on member = pg_roles.oid where rolname = %s group by 2",
            [login],
        ).fetchone()
    assert held == (["loader"], False)


def test_no_password_is_in_a_statement(
    database: Warehouse, named: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server logs statements as they came."""
    said: list[str] = []
    execute = psycopg.Connection.execute

    def heard(connection: psycopg.Connection, statement: Any, *rest: Any, **options: Any) -> Any:
        said.append(statement if isinstance(statement, str) else repr(statement))
        return execute(connection, statement, *rest, **options)

    monkeypatch.setattr(psycopg.Connection, "execute", heard)
    password = join(database, named("quiet"), "王五", ["analyst"], [HERE])
    login, other, _ = open_emergency(database, "auditor", [], 1, "演练", "局长")
    end_emergency(database, login)
    assert sum("create role" in statement for statement in said) == 2
    assert not [statement for statement in said if str(password) in statement or other in statement]


def test_duties_that_meet_in_one_login_are_found_however_they_came(database: Warehouse, named: Login) -> None:
    login = named("two")
    join(database, login, "王五", ["security"], [])
    with database.connect() as connection:
        assert login not in logins_with_two(connection)
        connection.execute(f"grant auditor to {login}".encode())
        assert logins_with_two(connection)[login] == ["auditor", "security"]
        connection.rollback()


def test_the_security_administrator_gives_rights_and_reads_nobody(database: Warehouse, named: Login) -> None:
    login = named("security")
    password = join(database, login, "王五", ["security"], [])
    assert isinstance(password, str)
    theirs = database.at(username=login, password=password)
    add_token(theirs, "approval", ["*"])
    for forbidden in (
        "select * from audit.verification_log", "select * from pub.resident", "select totp_secret from desk.account",
        "select * from ops.finding_decision", "update ops.client_token set sha256 = sha256",
    ):  # fmt: skip
        with (
            psycopg.connect(theirs.address) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute(forbidden.encode())


def test_the_sheet_of_rights_lists_each_login_with_its_last_use(
    officers: Officers, database: Warehouse, tmp_path: Path
) -> None:
    officer, idle = officers.add("=张三", HERE).enter(), officers.add("李四", ELSEWHERE)
    officer.get("/findings")
    number, _ = add_token(database, "approval", [HERE])
    out = tmp_path / "rights.xlsx"
    write_rights(database, out, datetime.now(BUREAU_TIME))
    assert out.stat().st_mode & 0o077 == 0
    book = load_workbook(out)
    rows = {row[0]: row for row in book["登录"].iter_rows(min_row=4, values_only=True) if row[0]}
    assert rows[officer.login][1:5] == ("=张三", "officer", None, HERE)
    assert str(rows[officer.login][6]).startswith(f"{datetime.now(BUREAU_TIME):%Y-%m}")
    assert rows[idle.login][6] == "未见使用"
    assert [row[:3] for row in book["令牌"].iter_rows(min_row=4, max_row=4, values_only=True)] == [
        (number, "approval", HERE)
    ]
    assert "签字" in str([row[0] for row in book["登录"].iter_rows(values_only=True)][-1])


def test_broken_glass_has_a_reason_an_alert_and_an_end(database: Warehouse) -> None:
    with pytest.raises(UsageError, match="reason"):
        open_emergency(database, "auditor", [], 1, " ", "局长")
    login, password, until = open_emergency(database, "officer", [HERE], 1, "全员无法登录", "局长")
    assert timedelta(0) < until - datetime.now(BUREAU_TIME) <= timedelta(hours=1)

    def alerts() -> list[str]:
        with database.connect() as connection:
            compare(connection, {}, datetime.now(BUREAU_TIME))
            return [alert.subject for alert in open_alerts(connection) if alert.kind == "emergency_access"]

    theirs = database.at(username=login, password=password)
    with psycopg.connect(theirs.address) as connection:
        assert alerts() == [login]
        end_emergency(database, login)
        with pytest.raises(psycopg.OperationalError):
            connection.execute("select 1")
    assert alerts() == []
    (kept,) = emergencies(database)
    assert (kept.reason, kept.asked_by, kept.opened_login) == ("全员无法登录", "局长", "dw_admin")
    assert kept.ended_at is not None
    with pytest.raises(UsageError, match="No emergency login"):
        end_emergency(database, login)
    with psycopg.connect(database.address) as connection, pytest.raises(psycopg.Error):
        connection.execute("delete from ops.emergency_access")


def test_what_broken_glass_let_in_ends_with_it_and_what_it_gave_is_named(
    database: Warehouse, named: Login
) -> None:
    analyst = named("analyst")
    join(database, analyst, "王五", ["analyst"], [HERE])
    login, password, until = open_emergency(database, "security", [], 1, "演练", "局长")
    theirs = database.at(username=login, password=password)
    number, _ = add_token(theirs, "approval", ["*"])
    with psycopg.connect(theirs.address) as connection:
        connection.execute("insert into ops.division_scope values (%s, '*')", [analyst])
    (kept,) = (token for token in tokens(database) if token.token_id == number)
    assert kept.valid_to == until.astimezone(BUREAU_TIME).date()
    ended = end_emergency(database, login)
    assert (ended.tokens, ended.given, ended.left) == ([number], [f"{analyst} *", "approval *"], None)
    (kept,) = (token for token in tokens(database) if token.token_id == number)
    assert kept.withdrawn_at is not None


def test_who_keeps_divisions_leaves_a_trace_and_gives_none_to_oneself(
    database: Warehouse, named: Login, tmp_path: Path
) -> None:
    login, analyst = named("security"), named("analyst")
    password = join(database, login, "王五", ["security"], [])
    join(database, analyst, "赵六", ["analyst"], [HERE])
    assert isinstance(password, str)
    with psycopg.connect(
        database.at(username=login, password=password).address, autocommit=True
    ) as connection:
        connection.execute("insert into ops.division_scope values (%s, '*')", [analyst])
        connection.execute("delete from ops.division_scope where user_name = %s", [analyst])
        for refused in (
            "insert into ops.division_scope values (session_user, '*')", "delete from ops.scope_change",
            "insert into ops.scope_change (holder, is_client, division_code, change) values ('x', true, '*', 'given')",
        ):  # fmt: skip
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(refused.encode())
    write_rights(database, tmp_path / "rights.xlsx", datetime.now(BUREAU_TIME))
    sheet = load_workbook(tmp_path / "rights.xlsx")["区划变更"].iter_rows(min_row=4, values_only=True)
    told = [row[3:6] for row in sheet if row[2] == analyst]
    assert sorted(told[:2]) == sorted([("*", "取消", login), (HERE, "取消", login)])
    assert told[2:] == [("*", "给予", login), (HERE, "给予", "dw_admin")]


def test_the_server_takes_the_password_no_more_when_it_is_over(database: Warehouse) -> None:
    login, password, _ = open_emergency(database, "auditor", [], 1, "演练", "局长")
    try:
        with psycopg.connect(database.address) as admin:
            admin.execute(f"alter role {login} valid until '2025-01-01'".encode())
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(database.at(username=login, password=password).address)
    finally:
        end_emergency(database, login)
