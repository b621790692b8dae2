"""Who may sit down at the desk, and for how long; what the desk itself may see."""

import re
import time
from pathlib import Path

import psycopg
import pytest
from at_the_desk import ELSEWHERE, HERE, HOST, MINE, Officers, Visitor
from fastapi import FastAPI
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from cli.main import app as command_line
from serving.desk.accounts import FREE_FAILURES
from serving.desk.officers import add, reset
from serving.desk.staff import leave
from warehouse.database.connection import Warehouse
from warehouse.database.errors import UsageError
from warehouse.database.settings import settings

FAILED = "没有登录"
NEW = "a password of one's own"


def test_the_first_password_opens_nothing_but_its_own_change(officer: Visitor) -> None:
    assert officer.sign_in().headers["location"] == "/"
    assert officer.get("/findings").headers["location"] == "/password"
    now = officer.credentials.password
    for new, again in (("short", "short"), (now, now), (NEW, NEW + "x")):
        assert officer.post("/password", now=now, new=new, again=again).status_code == 400
    assert officer.post("/password", now="another", new=NEW, again=NEW).status_code == 400
    former = officer.token
    assert officer.post("/password", now=now, new=NEW, again=NEW).headers["location"].startswith("/findings")
    assert officer.token != former
    assert officer.get("/findings").status_code == 200
    assert FAILED in officer.sign_in(code=officer.code(1)).text, "the first password is gone"
    assert officer.sign_in(password=NEW, code=officer.code(1)).status_code == 303


def test_what_is_wrong_is_not_told_and_a_code_works_once(officer: Visitor, officers: Officers) -> None:
    known = officer.sign_in(password="wrong")
    unknown = officer.sign_in(login="nobody_at_all")
    assert known.status_code == unknown.status_code == 403
    assert known.text == unknown.text
    assert FAILED in officer.sign_in(code="000000").text
    assert officer.sign_in().status_code == 303
    again = officers.browser(officer.credentials)
    assert FAILED in again.sign_in().text, "the code was used"
    assert again.sign_in(code=again.code(1)).status_code == 303


def test_after_some_failures_an_account_waits(officer: Visitor, connection: psycopg.Connection) -> None:
    for _ in range(FREE_FAILURES):
        officer.sign_in(password="wrong")
    assert FAILED in officer.sign_in().text, "all is right, and it waits"
    waits = "select round(extract(epoch from locked_until - clock_timestamp()) / 60) from desk.account"
    assert connection.execute(waits).fetchone() == (1,)
    connection.execute("update desk.account set locked_until = clock_timestamp() - interval '1 second'")
    connection.commit()
    officer.sign_in(password="wrong")
    assert connection.execute(waits).fetchone() == (2,), "twice as long"
    connection.execute("update desk.account set locked_until = clock_timestamp() - interval '1 second'")
    connection.commit()
    assert officer.sign_in().status_code == 303
    assert connection.execute("select failed_count, locked_until from desk.account").fetchone() == (0, None)


def test_a_form_of_another_site_does_nothing(officer: Visitor) -> None:
    officer.enter()
    for form in ({}, {"form": ""}, {"form": "x" * 64}):
        response = officer.client.post("/sign-out", data=form)
        assert response.status_code == 403
    assert officer.get("/findings").status_code == 200
    stranger = TestClient(officer.client.app, HOST, raise_server_exceptions=False)
    assert stranger.post("/sign-in", data={"login": officer.login, "form": ""}).status_code == 403


def test_who_is_not_signed_in_sends_no_more_than_a_sign_in_has(officer: Visitor) -> None:
    """The rest is not read: files of 5 MB of strangers would fill memory and disk before anybody is asked."""
    officer.get("/sign-in")
    assert officer.post("/sign-in", login="x" * 8000).status_code == 400
    assert officer.post("/sign-in", login="x" * 9000).status_code == 413
    officer.enter()
    assert officer.post("/findings/hand", ids="x" * 9000).status_code != 413


def test_a_session_ends_and_is_nobody_else_s(
    officer: Visitor, officers: Officers, connection: psycopg.Connection
) -> None:
    officer.enter()
    token = officer.token
    thief = officers.browser(officer.credentials)
    (stored, sealed) = connection.execute("select session_id, sealed from desk.session").fetchone() or (
        "",
        b"",
    )
    assert token.encode() not in bytes(sealed)
    for stolen in (stored, token[:-1], token.swapcase()):
        thief.client.cookies.set("desk", stolen)
        assert thief.get("/findings").headers["location"].startswith("/sign-in"), (
            "what the table holds opens nothing"
        )
    connection.execute("update desk.session set last_seen_at = clock_timestamp() - interval '31 minutes'")
    connection.commit()
    assert officer.get("/findings").headers["location"] == "/sign-in?told=session_ended"
    officer.enter()
    connection.execute("update desk.session set ends_at = clock_timestamp()")
    connection.commit()
    assert officer.get("/findings").status_code == 303
    officer.enter()
    kept = officer.token
    officer.post("/sign-out")
    thief.client.cookies.set("desk", kept)
    assert thief.get("/findings").status_code == 303, "signed out is signed out"


def test_who_leaves_or_gets_a_new_password_is_out_at_once(officers: Officers, database: Warehouse) -> None:
    one, other = officers.add("张三", HERE).enter(), officers.add("李四", HERE).enter()
    one.post(f"/findings/{MINE[0]}/hand", event="taken", seen="0.0")
    assert leave(database, one.login).released == 1
    officers.added.remove(one.login)
    assert one.get("/findings").status_code == 303
    assert MINE[0] in other.get("/findings").text, "what was in hand waits for others"
    with pytest.raises(UsageError):
        leave(database, one.login)
    new = reset(database, other.login)
    assert other.get("/findings").status_code == 303
    assert FAILED in other.sign_in().text
    assert officers.browser(new).sign_in().headers["location"] == "/"


def test_every_answer_has_the_headers_that_guard_it(officer: Visitor, app: FastAPI) -> None:
    officer.enter()
    for address, status in (
        ("/sign-in", 200), ("/findings", 200), ("/nowhere", 404), ("/static/desk.css", 200), ("/findings?page=x", 400),
    ):  # fmt: skip
        response = officer.get(address)
        assert response.status_code == status
        policy = response.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert response.headers["referrer-policy"] == "no-referrer"
        assert response.headers["x-content-type-options"] == "nosniff"
        if not address.startswith("/static"):
            assert response.headers["cache-control"] == "no-store"
            assert "<script>" not in response.text
            assert " style=" not in response.text
            assert " onclick" not in response.text
    fresh = TestClient(app, HOST).get("/sign-in")
    cookie = fresh.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert TestClient(app, "http://evil.example").get("/sign-in").status_code == 400


def test_cookies_travel_by_tls_unless_the_desk_is_on_this_machine_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MINZHENG_DESK_SECURE_COOKIES", "false")
    settings.cache_clear()
    assert not settings().desk_secure_cookies
    monkeypatch.setenv("MINZHENG_DESK_HOSTS", '["127.0.0.2", "[::1]"]')
    settings.cache_clear()
    assert not settings().desk_secure_cookies
    for elsewhere in ("desk.example.cn", ""):
        monkeypatch.setenv("MINZHENG_DESK_HOSTS", f'["localhost", "{elsewhere}"]')
        settings.cache_clear()
        with pytest.raises(UsageError, match="MINZHENG_DESK_SECURE_COOKIES"):
            settings()


def test_the_desk_s_own_login_reads_no_row_of_any_division(officer: Visitor, database: Warehouse) -> None:
    """Raw SQL by the login that the program of the desk holds: everything but its own two tables is closed."""
    officer.enter()
    with database.connect() as connection:
        relations = connection.execute(
            "select oid::regclass::text from pg_class where relkind in ('r', 'v') and relnamespace::regnamespace::text"
            " = any(array['raw', 'input', 'ops', 'audit', 'marts', 'rules', 'pub', 'api_v1', 'analytics',"
            " 'verification'])"
        ).fetchall()
        functions = connection.execute(
            "select oid::regprocedure::text from pg_proc where pronamespace::regnamespace::text in ('api_v1', 'pub')"
            " and has_function_privilege('desk', oid, 'execute')"
        ).fetchall()
        connection.execute("set session authorization desk")
        readable = []
        for (relation,) in relations:
            try:
                with connection.transaction():
                    connection.execute(f"select 1 from {relation} limit 1".encode())
                readable.append(relation)
            except psycopg.errors.InsufficientPrivilege:
                pass
        with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
            connection.execute("update desk.account set salt = '', login = 'other'")
        connection.execute("reset session authorization")
    assert sorted(readable) == ["ops.alembic_version", "ops.script"]
    assert functions == []


def test_another_division_is_seen_by_whoever_it_is_listed_for(officers: Officers) -> None:
    here, elsewhere = officers.add("张三", HERE).enter(), officers.add("王五", ELSEWHERE).enter()
    assert "mine1" in here.get("/findings").text
    assert "theirs1" not in here.get("/findings?whose=everybody").text
    assert "theirs1" in elsewhere.get("/findings").text
    assert "mine1" not in elsewhere.get("/findings?whose=everybody").text
    assert here.get("/findings/theirs1").status_code == here.get("/findings/nothing").status_code == 404
    assert (
        here.get("/findings/theirs1").text.replace("theirs1", "nothing") == here.get("/findings/nothing").text
    )
    assert here.post("/findings/theirs1/hand", event="taken", seen="0.0").status_code == 404
    assert here.post("/findings/theirs1/decide", reason="dismissed:LAWFUL", seen="0.0").status_code == 404
    assert here.post("/findings/take", finding="theirs1:0.0").status_code == 400


def test_an_administrator_keeps_officers_by_command(
    database: Warehouse, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, officers: Officers
) -> None:
    monkeypatch.setenv("MINZHENG_DATABASE_URL", database.address)
    settings.cache_clear()
    login = f"by_command_{database.parameters['dbname']}"

    def minzheng(*words: str) -> str:
        done = CliRunner().invoke(command_line, ["officer", *words], env={"COLUMNS": "200"})
        assert done.exit_code == 0, done.output
        return done.output

    assert "没有核对员" in minzheng("list")
    out = tmp_path / "given.txt"
    printed = minzheng(
        "add", login, "--name", "赵六", "--division", HERE, "--division", ELSEWHERE, "--out", str(out)
    )
    officers.added.append(login)
    (password,) = re.findall(r"first password: (\S+)", out.read_text(encoding="utf-8"))
    assert password not in printed
    assert out.stat().st_mode & 0o077 == 0
    listed = minzheng("list")
    assert "赵六" in listed
    assert f"{HERE}、{ELSEWHERE}" in listed
    assert "尚未改初始密码" in listed
    assert password not in minzheng("reset", login)
    assert "put back" in minzheng("leave", login)
    officers.added.remove(login)
    other = officers.add("李四", HERE).login
    with pytest.raises(UsageError, match="already"):
        add(database, other, "赵六", [HERE])
    for wrong in ((login.upper(), [HERE]), (login, ["42"]), (login, [])):
        with pytest.raises(UsageError):
            add(database, wrong[0], "赵六", wrong[1])


def test_a_password_longer_than_any_costs_no_more(officer: Visitor) -> None:
    """Combining marks out of order are put in order in a time that grows with their square."""
    began = time.process_time()
    assert officer.sign_in(password="a" + "\u0301" * 500 + "\u0316" * 500).status_code == 403
    officer.enter()
    long = "a" + "\u0301" * 60_000 + "\u0316" * 60_000
    assert officer.post("/password", now=long, new=long, again=long).status_code == 400
    assert time.process_time() - began < 10, "minutes, were they all looked at"


def test_who_gets_the_login_of_another_gets_no_divisions_of_theirs(
    officers: Officers, connection: psycopg.Connection
) -> None:
    officer = officers.add("张三", HERE)
    login = officer.login
    leave(officers.database, login)
    connection.execute("insert into ops.division_scope (user_name, division_code) values (%s, '*')", [login])
    connection.commit()
    add(officers.database, login, "赵六", [HERE])
    scope = connection.execute("select division_code from ops.division_scope where user_name = %s", [login])
    assert scope.fetchall() == [(HERE,)]
