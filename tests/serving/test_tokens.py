"""Tokens come and go while the service runs; what is refused is told why, and the client's divisions hold."""

import hashlib
import logging
import re
import time
from collections.abc import Callable
from datetime import timedelta

import psycopg
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hand_made_family import TODAY, Family
from typer.testing import CliRunner

from cli.main import app as command_line
from serving.access import Tokens
from warehouse.database.connection import Warehouse
from warehouse.database.errors import UsageError
from warehouse.database.settings import settings
from warehouse.verification.clients import add, tokens, withdraw

Minzheng = Callable[..., str]


@pytest.fixture
def minzheng(database: Warehouse, monkeypatch: pytest.MonkeyPatch) -> Minzheng:
    """A command of ``minzheng token`` on the database of the test."""
    monkeypatch.setenv("MINZHENG_DATABASE_URL", database.address)
    settings.cache_clear()

    def run(*words: str) -> str:
        done = CliRunner().invoke(command_line, ["token", *words], env={"COLUMNS": "200"})
        assert done.exit_code == 0, done.output
        return done.output

    return run


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("serving.access.KNOWN_SECONDS", 0)


def knocking(app: FastAPI, token: str) -> TestClient:
    return TestClient(app, headers={"Authorization": f"Bearer {token}"})


def test_a_running_service_takes_a_new_token_and_refuses_a_withdrawn_one_within_seconds(
    app: FastAPI, family: Family, minzheng: Minzheng, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    assert "没有令牌" in minzheng("list")
    early = knocking(app, "not known yet").get("/v1/sources")
    assert (early.status_code, early.json()["reason"]) == (401, "credential_unknown")
    printed = minzheng("add", "审批系统", "--division", "420203", "--to", "2099-12-31")
    (token,) = re.findall(r"token: (\S+)", printed)
    client = knocking(app, token)

    def until(status: int) -> dict:
        gives_up = time.monotonic() + 20
        while (answer := client.get("/v1/sources")).status_code != status:
            assert time.monotonic() < gives_up
            time.sleep(0.2)
        return answer.json()

    until(200)
    minzheng("withdraw", "1", "--reason", "更换")
    assert until(401)["reason"] == "token_withdrawn"
    listed = minzheng("list")
    assert "更换" in listed
    assert f"{TODAY:%Y-%m-%d}" in listed
    assert token not in listed + caplog.text
    kept = family.connection.execute("select sha256 from ops.client_token").fetchall()
    assert kept == [(hashlib.sha256(token.encode()).hexdigest(),)]


@pytest.mark.usefixtures("at_once")
def test_a_token_holds_from_its_first_to_its_last_day(app: FastAPI, database: Warehouse) -> None:
    day = timedelta(days=1)
    for since, to, status, reason in (
        (TODAY, TODAY, 200, None),
        (None, None, 200, None),
        (TODAY - 2 * day, TODAY - day, 401, "token_expired"),
        (TODAY + day, None, 401, "token_not_yet_valid"),
    ):
        number, token = add(database, "approval", ["*"], since, to)
        answer = knocking(app, token).get("/v1/sources")
        assert answer.status_code == status
        assert reason is None or answer.json()["reason"] == reason
        assert withdraw(database, number, "tried") == "approval"
        assert knocking(app, token).get("/v1/sources").json()["reason"] == "token_withdrawn"


@pytest.mark.usefixtures("at_once")
def test_several_tokens_are_one_client_and_their_use_is_noted(
    app: FastAPI, database: Warehouse, family: Family
) -> None:
    _, former = add(database, "approval", ["*"])
    _, later = add(database, "approval", [])
    report = knocking(app, former).post("/v1/verifications", json=family.request()).json()["report_no"]
    again = knocking(app, later).get(f"/v1/reports/{report}?purpose=review")
    assert again.json()["report_no"] == report
    knocking(app, later).get("/v1/sources")
    knocking(app, later).get("/v1/sources")
    assert [token.last_used_at is None for token in tokens(database)] == [False, False]


@pytest.mark.usefixtures("at_once")
def test_a_client_asks_under_authorizations_of_its_divisions_alone(
    app: FastAPI, database: Warehouse, family: Family
) -> None:
    """The family lives in 420203; its consent was entered by a login of no division."""
    for divisions, status in (
        (["420203"], 200),
        (["420204"], 403),
        (["420204", "420203"], 200),
        (["*"], 200),
    ):
        _, token = add(database, "+".join(divisions), divisions)
        answer = knocking(app, token).post("/v1/verifications", json=family.request())
        assert answer.status_code == status, divisions
        assert status == 200 or answer.json()["reason"] == "unknown"
    knocking(app, token).get("/v1/sources")
    add(database, "420203", ["420204"])  # of a client that is known: from now on, with all its tokens
    assert {token.divisions[0] for token in tokens(database) if token.client == "420203"} == {"420204"}
    family.add(
        "aid_household", aid_household_no="H1", aid_type_code="DB", is_active=True, division_code="420204",
        authorization_no="SQ-9", authorized_from=TODAY, authorized_to=TODAY,
    )  # fmt: skip
    family.add(
        "aid_household_member", aid_household_no="H1", member_no=1, resident_id=1, name="王一", relation="本人",
        is_covered=True, valid_from=TODAY,
    )  # fmt: skip
    family.publish()
    asked = family.request("R9", authorization_no="SQ-9", members=[family.member(1)])
    for client, status in (("420204", 200), ("420203 alone", 403)):
        _, token = add(database, client, ["420203" if status == 403 else "420204"])
        assert knocking(app, token).post("/v1/verifications", json=asked).status_code == status, client


def test_what_cannot_be_a_token_is_not_made(database: Warehouse) -> None:
    for client, divisions in (("", ["*"]), ("a\nb", ["*"]), ("a" * 65, ["*"]), ("new", []), ("new", ["42"])):
        with pytest.raises(UsageError):
            add(database, client, divisions)
    with pytest.raises(UsageError, match="before it begins"):
        add(database, "new", ["*"], TODAY, TODAY - timedelta(days=1))
    assert tokens(database) == []
    number, _ = add(database, "new", ["*"])
    for wrong, reason in ((number + 1, "why"), (number, " ")):
        with pytest.raises(UsageError):
            withdraw(database, wrong, reason)
    withdraw(database, number, "why")
    with pytest.raises(UsageError):
        withdraw(database, number, "another reason")


def test_only_the_door_is_told_of_tokens(database: Warehouse, connection: psycopg.Connection) -> None:
    add(database, "approval", ["*"])
    asked = "select api_v1.client_tokens('{}')"
    connection.execute("create role no_door in role approval_api")
    try:
        for role, told in (("no_door", 0), ("approval_api", 1)):
            connection.execute(f"set session authorization {role}".encode())
            (found,) = connection.execute(asked).fetchone() or (None,)
            assert len(found) == told
            for table in ("ops.client", "ops.client_token"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
                    connection.execute(f"select from {table}".encode())
            connection.execute("reset session authorization")
    finally:
        connection.rollback()
        connection.execute("drop role if exists no_door")


def test_while_one_asks_the_database_the_others_go_by_what_was_known() -> None:
    now, answers = 0.0, [[{"sha256": hashlib.sha256(b"t").hexdigest(), "client": "a", "refused": None}]]
    asked: list[list[str]] = []

    def ask(used: list[str]) -> list[dict]:
        asked.append(used)
        if len(asked) == 2:
            assert known.of("t").client == "a", "another request meanwhile"
        return answers[-1]

    known = Tokens({}, ask, clock=lambda: now)
    assert known.of("t").client == "a"
    assert known.of("t").client == "a"
    assert len(asked) == 1
    now = 2
    assert known.of("t").client == "a"
    assert asked == [[], [hashlib.sha256(b"t").hexdigest()]]
