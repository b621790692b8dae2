"""A request has a number, in its answer, its lines and at the database; no line says what it held. Seconds."""

import json
import logging
import threading
import time
from collections.abc import Iterator

import httpx
import psycopg
import pytest
from door import TOKEN, standing
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hand_made_family import Family

from cli.log_lines import LineFormatter
from serving.desk.app import create_app as create_desk
from serving.desk.people import People
from serving.listening import Door
from serving.tracing import HEADER, Traced, request_id
from warehouse.database.connection import Warehouse
from warehouse.database.server import free_port
from warehouse.database.settings import Settings, settings

NUMBER = "420203198001010011"
NAME = "欧阳无名"
REQUEST_ID = HEADER.decode()


class Lines(logging.Handler):
    """What a service would write."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(LineFormatter())
        self.written: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.written.append(self.format(record))

    def told(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.written]


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lines]:
    monkeypatch.setenv("MINZHENG_LOG_FORMAT", "json")
    settings.cache_clear()
    handler, root = Lines(), logging.getLogger()
    requests = logging.getLogger("minzheng.requests")
    # Commands that ran in this process before wrote to streams that are closed by now.
    monkeypatch.setattr(root, "handlers", [handler])
    monkeypatch.setattr(logging.getLogger("minzheng"), "handlers", [])
    requests.setLevel(logging.INFO)
    yield handler
    requests.setLevel(logging.NOTSET)


def test_lines_of_requests_tell_route_and_number_and_nobody(
    app: FastAPI, family: Family, database: Warehouse, lines: Lines
) -> None:
    signed = {"Authorization": f"Bearer {TOKEN}", "X-Request-Id": NUMBER, "User-Agent": NUMBER}

    @app.get("/broken/{what}")
    def broken(what: str) -> None:
        raise KeyError(what, NAME)

    client = TestClient(app, headers=signed, raise_server_exceptions=False)
    family.publish()
    request = family.request()
    answers = [
        client.post("/v1/verifications", content=json.dumps(request)),
        client.post("/v1/verifications", content=json.dumps(request | {NUMBER: NAME})),
        client.get(f"/v1/reports/{NUMBER}?purpose=review&operator={NAME}"),
        client.get(f"/{NUMBER}"),
        client.get(f"/broken/{NUMBER}"),
    ]
    assert [answer.status_code for answer in answers] == [200, 400, 404, 404, 500]
    numbers = [answer.headers[REQUEST_ID] for answer in answers]
    assert len(set(numbers)) == 5
    assert NUMBER not in numbers
    told = [line for line in lines.told() if line["logger"] == "minzheng.requests"]
    assert [line["route"] for line in told][:3] == [
        "/v1/verifications", "/v1/verifications", "/v1/reports/{report_no}",
    ]  # fmt: skip
    assert [line["request_id"] for line in told] == numbers
    assert [line["status"] for line in told] == [200, 400, 404, 404, 500]
    visitor = TestClient(create_desk(Settings(desk_secure_cookies=False), lambda: database))
    visitor.post("/sign-in", data={"login": NUMBER, "password": NAME})
    visitor.get(f"/households/{NUMBER}", headers={"X-Request-Id": NUMBER})
    people = {
        NUMBER,
        NAME,
        *(str(member[key]) for member in request["members"] for key in ("name", "id_number")),
    }
    everything = "\n".join(lines.written)
    assert len(people) >= 4
    assert [value[:2] for value in people if value in everything] == []


def test_an_error_that_nobody_expected_is_one_line_with_its_number(
    app: FastAPI, lines: Lines, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Of the server's own logger, which is another's as soon as one of the two doors sets up its own."""

    @app.get("/broken/{what}")
    def broken(what: str) -> None:
        raise KeyError(what, NAME)

    # As in a process of its own: a server of another test may have set them up.
    for name in ("uvicorn", "uvicorn.error"):
        for word, value in (("propagate", True), ("handlers", []), ("disabled", False)):
            monkeypatch.setattr(logging.getLogger(name), word, value)
    monkeypatch.setenv("MINZHENG_STOP_SECONDS", "0")
    settings.cache_clear()
    door = Door("127.0.0.1", free_port(), free_port())
    with standing(door, app):
        answer = httpx.get(f"http://127.0.0.1:{door.port}/broken/{NUMBER}")
    errors = [line for line in lines.told() if line["level"] == "ERROR"]
    assert [(line["logger"], line["request_id"]) for line in errors] == [
        ("uvicorn.error", answer.headers[REQUEST_ID])
    ]
    assert str(errors[0]["error"]).startswith("KeyError at ")
    written = "".join([*lines.written, *capfd.readouterr()])
    assert NUMBER not in written
    assert NAME not in written
    assert "Traceback" not in written


def test_the_database_shows_which_request_asks(
    app: FastAPI, family: Family, connection: psycopg.Connection, database: Warehouse
) -> None:
    family.publish()
    client = TestClient(app, headers={"Authorization": f"Bearer {TOKEN}"})
    with psycopg.connect(database.address) as other:
        # What every question is written into: it waits.
        other.execute("lock table audit.verification_log in access exclusive mode")
        answers = []
        asking = threading.Thread(
            target=lambda: answers.append(
                client.post("/v1/verifications", content=json.dumps(family.request()))
            )
        )
        asking.start()
        until, found = time.monotonic() + 60, None
        while not found and time.monotonic() < until:
            time.sleep(0.05)
            with psycopg.connect(database.address) as looking:
                found = looking.execute(
                    "select application_name from pg_stat_activity where wait_event_type = 'Lock'"
                    " and datname = current_database()"
                ).fetchone()
    asking.join()
    assert found == (f"minzheng rest {answers[0].headers[REQUEST_ID]}",)


async def _served(people: People, login: str, password: str) -> tuple[str, str]:
    """The name of a session of the desk within a request, and the number of that request."""
    seen: list[str] = []

    async def page(scope: object, receive: object, send: object) -> None:
        with people.connection(login, password) as session:
            ((name,),) = session.execute("select current_setting('application_name')").fetchall()
        seen.extend((name, request_id()))

    await Traced(page)({"type": "http"}, None, None)  # type: ignore[arg-type]
    return seen[0], seen[1]


def test_a_person_s_session_at_the_desk_shows_it_too(database: Warehouse) -> None:
    import asyncio

    login, password = f"clerk_{database.parameters['dbname']}", "for this test"
    with psycopg.connect(database.address) as admin:
        admin.execute(f"create role {login} login password '{password}'".encode())
    people = People(lambda: database, 2)
    try:
        name, number = asyncio.run(_served(people, login, password))
        assert name == f"minzheng desk {number}"
        with people.connection(login, password) as session:  # the same one, of nobody's request
            assert session.execute("select current_setting('application_name')").fetchone() == (
                "minzheng desk",
            )
    finally:
        people.tidy(0)
        with psycopg.connect(database.address) as admin:
            admin.execute(f"drop role {login}".encode())
