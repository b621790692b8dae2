"""The door: who may knock, how much, how often; what the house says is handed on unchanged."""

import json
import logging
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import psycopg
import pytest
import uvicorn
from door import OTHER_TOKEN, TOKEN
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hand_made_family import Family
from sqlalchemy.exc import OperationalError
from templates import NewDatabase

from serving.access import RateLimit
from serving.app import BatchWorkers, create_app
from serving.contract import Verification
from serving.database import Database
from warehouse.database.connection import Warehouse
from warehouse.database.errors import UsageError
from warehouse.database.settings import Settings
from warehouse.database.settings import settings as read_settings


def test_an_answer_is_passed_on_as_the_database_gave_it(client: TestClient, family: Family) -> None:
    response = client.post("/v1/verifications", json=family.request())
    assert response.status_code == 200
    answer = response.json()
    Verification.model_validate(answer)
    assert response.headers["cache-control"] == "no-store"
    assert client.get(f"/v1/reports/{answer['report_no']}?purpose=review&operator=甲").json() == answer
    assert family.log("caller, client, purpose") == [
        ("approval_api", "approval", "application"), ("approval_api", "approval", "review"),
    ]  # fmt: skip


def test_each_reading_of_a_report_names_its_purpose_once(client: TestClient, family: Family) -> None:
    answer = client.post("/v1/verifications", json=family.request()).json()
    place = f"/v1/reports/{answer['report_no']}"
    for query, status, code in (
        ("", 400, "invalid_request"),
        ("?purpose=curiosity", 403, "purpose_unknown"),
        ("?purpose=review&purpose=application", 400, "invalid_request"),
    ):
        response = client.get(place + query)
        assert (response.status_code, response.json()["code"]) == (status, code)


# What belongs to whom


def test_reports_batches_and_request_numbers_are_those_of_the_client(
    client: TestClient, other_client: TestClient, family: Family
) -> None:
    mine = client.post("/v1/verifications", json=family.request()).json()
    theirs = other_client.post("/v1/verifications", json=family.request(operator="核对员乙")).json()
    assert theirs["status"] == "answered", "the other's request number is not taken"
    assert theirs["report_no"] != mine["report_no"]
    batch = client.post("/v1/batches", json={"requests": [family.request("B1")]}).json()["batch_id"]
    for place, code in (
        (f"/v1/reports/{mine['report_no']}?purpose=review", "report_unknown"),
        (f"/v1/batches/{batch}", "batch_unknown"),
    ):
        assert client.get(place).status_code == 200
        response = other_client.get(place)
        assert (response.status_code, response.json()["code"]) == (404, code)


def test_one_client_cannot_take_all_connections(
    database: Warehouse, family: Family, chosen: Settings
) -> None:
    """Many questions of one wait for each other; another's is answered meanwhile."""
    held = threading.Event()
    house = Database(lambda: database)
    original = house.call

    def slow(function: str, *values: str | None, client: str = "") -> object:
        if client == "approval":
            held.wait(20)
        return original(function, *values, client=client)

    house.call = slow  # type: ignore[method-assign]
    with (
        TestClient(create_app(chosen, house), raise_server_exceptions=False) as both,
        ThreadPoolExecutor(30) as pool,
    ):
        asked = [
            pool.submit(
                both.post, "/v1/verifications", json=family.request(f"R{number}"),
                headers={"Authorization": f"Bearer {TOKEN}"},
            )
            for number in range(25)
        ]  # fmt: skip
        answer = both.post(
            "/v1/verifications", json=family.request(), headers={"Authorization": f"Bearer {OTHER_TOKEN}"}
        )
        held.set()
        assert answer.status_code == 200
        assert {question.result().status_code for question in asked} == {200}
    house.engine.dispose()


@pytest.mark.parametrize(("path", "most"), [("/health", 1), ("/v1/sources", 4)])
def test_who_asks_for_the_sources_takes_turns_too(
    database: Warehouse, family: Family, chosen: Settings, path: str, most: int
) -> None:
    """As many at once as there are connections: each holds one, and another client is answered meanwhile, as is who
    checks a report. Those who ask after the health together share an answer."""
    held, came, under_way = threading.Event(), threading.Semaphore(0), []
    house = Database(lambda: database, chosen.api_connections)
    original = house.sources

    def slow() -> str:
        with house.engine.connect():
            under_way.append(1)
            came.release()
            held.wait(20)
        return original()

    house.sources = slow  # type: ignore[method-assign]
    with TestClient(create_app(chosen, house)) as both, ThreadPoolExecutor(30) as pool:
        asking = [
            pool.submit(both.get, path, headers={"Authorization": f"Bearer {TOKEN}"}) for _ in range(20)
        ]
        assert all(came.acquire(timeout=20) for _ in range(most))
        answer = both.post(
            "/v1/verifications", json=family.request(), headers={"Authorization": f"Bearer {OTHER_TOKEN}"}
        )
        checked = both.get(f"/v1/report-checks/HD1/{'0' * 64}")
        at_once = len(under_way)
        held.set()
        assert {question.result().status_code for question in asking} == {200}
    assert (answer.status_code, checked.status_code, at_once) == (200, 200, most)
    assert len(under_way) == (1 if path == "/health" else len(asking))
    house.engine.dispose()


def test_connections_are_more_than_one_client_and_the_batches_can_hold(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MINZHENG_API_CONNECTIONS_PER_CLIENT", "8")
    monkeypatch.setenv("MINZHENG_API_BATCH_WORKERS", "2")
    monkeypatch.setenv("MINZHENG_API_CONNECTIONS", "11")
    assert Settings().api_connections == 11
    for chosen in ("10", ""):
        if chosen:
            monkeypatch.setenv("MINZHENG_API_CONNECTIONS", chosen)
        else:  # the default too
            monkeypatch.delenv("MINZHENG_API_CONNECTIONS")
        with pytest.raises(UsageError, match="MINZHENG_API_CONNECTIONS cannot be used: at least 11"):
            read_settings.__wrapped__()


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"authorization_no": "SQ-404"}, 403, "no_live_authorization"),
        ({"purpose": "curiosity"}, 403, "purpose_unknown"),
        ({"aid_type": "XX"}, 400, "invalid_request"),
    ],
)
def test_a_refusal_is_a_problem_with_a_stable_code_and_a_chinese_title(
    client: TestClient, family: Family, change: dict, status: int, code: str
) -> None:
    response = client.post("/v1/verifications", json=family.request(**change))
    body = response.json()
    assert (response.status_code, body["status"], body["code"]) == (status, status, code)
    assert response.headers["content-type"] == "application/problem+json"
    assert any("一" <= character <= "龥" for character in body["title"])
    assert family.log("problem_code") == [(code,)]


def test_narrower_questions(client: TestClient, family: Family) -> None:
    marriage = client.post("/v1/marriage-statuses", json=family.request("M1")).json()
    assert marriage["members"][0]["marriage"]["status"] == "married"
    stay = client.post("/v1/eldercare-stays", json=family.request("M2")).json()
    assert [source["feed"] for source in stay["sources"]] == ["stay"]
    assert [source["feed"] for source in client.get("/v1/sources").json()][:2] == ["aid_household", "company"]
    assert client.get("/health").json()["status"] == "ok"


# Who may knock


@pytest.mark.parametrize("header", [None, "Bearer wrong", "Basic abc", "Bearer", ""])
def test_without_a_token_nothing_is_asked(app: FastAPI, family: Family, header: str | None) -> None:
    stranger = TestClient(app, headers={"Authorization": header} if header is not None else {})
    response = stranger.post("/v1/verifications", json=family.request())
    assert (response.status_code, response.json()["code"]) == (401, "unauthorized")
    assert family.log("1") == []


def test_a_certificate_counts_only_where_a_proxy_is_named(family: Family, database: Warehouse) -> None:
    subject = {"X-Client-Subject": "CN=approval"}
    place = Database(lambda: database)
    for header, status in (("", 401), ("X-Client-Subject", 200)):
        chosen = Settings(api_certificates={"CN=approval": "approval"}, api_certificate_header=header)
        client = TestClient(create_app(chosen, place), headers=subject)
        assert client.post("/v1/verifications", json=family.request()).status_code == status
    place.engine.dispose()


@pytest.mark.parametrize(
    "headers",
    [
        [("X-Client-Subject", "CN=approval"), ("X-Client-Subject", "CN=somebody")],
        [("X-Client-Subject", "CN=approval"), ("X-Client-Subject", "CN=approval")],
        [("Authorization", f"Bearer {TOKEN}"), ("Authorization", "Bearer wrong")],
        [("X-Client-Subject", "CN=other"), ("Authorization", f"Bearer {TOKEN}")],
    ],
)
def test_who_is_named_twice_is_nobody(
    family: Family, database: Warehouse, chosen: Settings, headers: list[tuple[str, str]]
) -> None:
    place = Database(lambda: database)
    believing = chosen.model_copy(
        update={
            "api_certificates": {"CN=approval": "approval", "CN=other": "other"},
            "api_certificate_header": "X-Client-Subject",
        }
    )
    client = TestClient(create_app(believing, place))
    response = client.request(
        "POST", "/v1/verifications", json=family.request(), headers=httpx.Headers(headers)
    )
    assert (response.status_code, response.json()["code"]) == (401, "unauthorized")
    place.engine.dispose()


def test_the_program_lays_down_the_rights_of_a_superuser(
    app: FastAPI, database: Warehouse, family: Family
) -> None:
    place = Database(lambda: database)
    with place.engine.connect() as connection:
        assert connection.exec_driver_sql("select session_user").scalar_one() == "approval_api"
        with pytest.raises(Exception, match="permission denied"):
            connection.exec_driver_sql("select * from pub.resident")
    place.engine.dispose()


# How much, how often


def test_a_body_too_large_is_not_even_read(app: FastAPI, client: TestClient, family: Family) -> None:
    response = client.post("/v1/verifications", content=b"x" * 70_000)
    assert (response.status_code, response.json()["code"]) == (413, "body_too_large")
    assert family.log("1") == []


def test_a_body_that_does_not_arrive_holds_nobody_up(
    family: Family, database: Warehouse, chosen: Settings
) -> None:
    place = Database(lambda: database)
    app = create_app(chosen.model_copy(update={"api_body_seconds": 1}), place)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None))
    door = threading.Thread(target=server.run, daemon=True)
    door.start()
    until = time.monotonic() + 60
    while not server.started and time.monotonic() < until:
        time.sleep(0.05)
    address = server.servers[0].sockets[0].getsockname()
    with socket.create_connection(address, timeout=60) as client:
        client.sendall(
            b"POST /v1/verifications HTTP/1.1\r\nHost: door\r\nContent-Length: 1000\r\n"
            b"Authorization: Bearer " + TOKEN.encode() + b"\r\n\r\n{"
        )
        answer = b"".join(iter(lambda: client.recv(65_536), b""))  # until the other side hangs up
    server.should_exit = True
    door.join()
    place.engine.dispose()
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"body_too_slow" in answer
    assert family.log("1") == []


def test_the_service_follows_a_server_that_comes_back_elsewhere(
    database: Warehouse, new_database: NewDatabase
) -> None:
    before, after = database, new_database(None)
    where = [before]
    place = Database(lambda: where[-1])

    def found() -> str:
        with place.engine.connect() as connection:
            return str(connection.exec_driver_sql("select current_database()").scalar_one())

    assert found() == before.parameters["dbname"]
    where.append(after)
    with psycopg.connect(before.address) as admin:  # it stops
        admin.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )
    assert found() == after.parameters["dbname"]
    place.engine.dispose()


def test_an_answer_that_met_another_is_asked_once_more(family: Family, database: Warehouse) -> None:
    family.execute(
        """
        create sequence api_v1.tries;
        grant usage on sequence api_v1.tries to approval_api;
        create or replace function api_v1.batch_page(batch_id uuid, after_item integer, most integer)
        returns jsonb language plpgsql as $$
        begin
            if nextval('api_v1.tries') % 3 > 0 then
                raise exception 'another' using errcode = 'serialization_failure';
            end if;
            return '{"status": "done"}';
        end $$
        """
    )
    family.execute("select setval('api_v1.tries', 1)")
    family.connection.commit()
    place = Database(lambda: database)
    number = "00000000-0000-0000-0000-000000000000"
    assert place.call("batch_page", number, "0", "1") == {"status": "done"}  # the second try
    with pytest.raises(OperationalError):
        place.call("batch_page", number, "0", "1")  # not a third
    place.engine.dispose()


def test_too_many_questions_wait(family: Family, database: Warehouse, chosen: Settings) -> None:
    place = Database(lambda: database)
    slow = chosen.model_copy(update={"api_requests_per_minute": 2})
    client = TestClient(create_app(slow, place), headers={"Authorization": f"Bearer {TOKEN}"})
    responses = [client.get("/v1/sources") for _ in range(3)]
    assert [response.status_code for response in responses] == [200, 200, 429]
    assert int(responses[2].headers["retry-after"]) >= 1
    place.engine.dispose()


class Allowance:
    """What is left in the database, and how often services asked there."""

    def __init__(self, connection: psycopg.Connection, place: Database) -> None:
        self.connection, self.place, self.asked = connection, place, 0

    def draw(self, kind: str, client: str, per_minute: int, wanted: int) -> tuple[int, float]:
        self.asked += 1
        return self.place.draw(kind, client, per_minute, wanted)

    def pass_seconds(self, seconds: int) -> None:
        self.connection.execute(
            "update ops.request_allowance set counted_at = counted_at - make_interval(secs => %s)", [seconds]
        )
        self.connection.commit()


@pytest.fixture
def allowance(family: Family, database: Warehouse) -> Iterator[Allowance]:
    place = Database(lambda: database)
    family.execute("truncate ops.request_allowance")
    family.connection.commit()
    yield Allowance(family.connection, place)
    place.engine.dispose()


def test_services_share_what_a_client_may_ask(allowance: Allowance) -> None:
    """Both together grant no more than the limit, and a flood of what is refused costs the database nothing."""
    now = 0.0
    services = [RateLimit("question", 60, allowance.draw, clock=lambda: now) for _ in "12"]

    def granted(client: str) -> int:
        return sum(service.wait_seconds(client) == 0 for service in services for _ in range(100))

    refilled = 3  # while the test runs
    assert 60 <= granted("a") <= 60 + refilled
    asked = allowance.asked
    assert granted("a") == 0
    assert allowance.asked == asked <= 60 / 3 + 2 + refilled
    assert 0 < services[0].wait_seconds("a") <= 1
    assert 60 <= granted("b") <= 60 + refilled  # everybody has an own one
    for seconds, more in ((1, 1), (1000, 60)):  # it refills, and never overflows
        now += seconds
        allowance.pass_seconds(seconds)
        assert more <= granted("a") <= more + refilled


def test_questions_at_once_are_granted_once(allowance: Allowance) -> None:
    services = [RateLimit("question", 40, allowance.draw) for _ in "12"]
    with ThreadPoolExecutor(16) as threads:
        waits = list(threads.map(lambda n: services[n % 2].wait_seconds("a"), range(200)))
    assert 40 <= waits.count(0) <= 42  # and what refilled meanwhile


def test_only_a_door_draws(database: Warehouse) -> None:
    with database.connect("officer") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("select api_v1.draw_requests('question', 'approval', 1, 1)")


# What is no request


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"\xff\xfe", b"[]", b"null", b'"text"', b'{"request_id": "\\u0000"}',
        b'{"request_id": "\\ud800"}', b'{"a": NaN}', b"[" * 20_000, b"1e400000",
    ],
)  # fmt: skip
def test_no_body_makes_the_house_fall(client: TestClient, body: bytes) -> None:
    for path in ("/v1/verifications", "/v1/batches"):
        response = client.post(path, content=body)
        assert (response.status_code, response.json()["code"]) == (400, "invalid_request"), path


def test_errors_and_logs_repeat_no_personal_value(
    client: TestClient, family: Family, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    marker = family.numbers[1]
    bad = family.request(members=[family.member(1), {"name": marker, "id_number": marker}], operator="")
    said = [
        client.post("/v1/verifications", json=bad).text,
        client.post("/v1/verifications", content=json.dumps(bad)[:-1].encode()).text,
        client.post("/v1/batches", json={"requests": marker}).text,
        client.get(f"/v1/batches/{marker}").text,
    ]
    family.execute("alter table audit.verification_log rename to gone")
    family.connection.commit()
    response = client.post("/v1/verifications", json=family.request())
    assert (response.status_code, response.json()["code"]) == (503, "unavailable")
    logged = [
        record.getMessage() for record in caplog.records if not record.name.startswith("httpx")
    ]  # the test's own client
    assert "The database refused a statement (ProgrammingError, SQLSTATE 42704)." in logged
    text = "\n".join([*said, response.text, *logged])
    assert all(secret not in text for secret in (marker, "王一", "王二"))


# Many at once


def test_a_batch_is_worked_off_and_tells_how_far_it_is(client: TestClient, family: Family) -> None:
    requests = [family.request(f"B{number}", purpose="review") for number in range(5)]
    accepted = client.post("/v1/batches", json={"requests": [*requests, family.request("B0")]})
    assert accepted.status_code == 202
    place = f"/v1/batches/{accepted.json()['batch_id']}"
    until = time.monotonic() + 30
    while (found := client.get(place).json())["status"] == "running" and time.monotonic() < until:
        time.sleep(0.05)
    assert (found["total"], found["answered"], found["refused"]) == (6, 5, 1)
    assert found["items"][5]["problem_code"] == "request_id_reused"
    assert family.log("client, outcome") == [("approval", "answered")] * 5 + [("approval", "refused")]
    assert client.get("/v1/batches/00000000-0000-0000-0000-000000000000").status_code == 404


def test_a_batch_tells_where_and_when_to_look_and_its_items_by_pages(
    client: TestClient, family: Family
) -> None:
    requests = [family.request(f"B{number}", purpose="review") for number in range(5)]
    requests[3]["members"][1]["name"] = 7
    accepted = client.post("/v1/batches", json={"requests": requests})
    assert 1 <= int(accepted.headers["retry-after"]) <= 60
    place = accepted.headers["location"]
    assert place == f"/v1/batches/{accepted.json()['batch_id']}"
    listed, after, until = [], accepted.json()["next_after"], time.monotonic() + 30
    while after is not None and time.monotonic() < until:
        response = client.get(place, params={"after": after, "limit": 2})
        page = response.json()
        assert len(page["items"]) <= 2
        assert ("retry-after" in response.headers) == (page["status"] == "running")
        listed += page["items"]
        after = page["next_after"]
    assert [item["item_no"] for item in listed] == [1, 2, 3, 4, 5]
    assert [(fault["pointer"], fault["code"]) for fault in listed[3]["errors"]] == [
        ("/requests/3/members/1/name", "not_text")
    ]
    assert {item["errors"] is None for item in listed[:3]} == {True}
    for wrong, code in (("after=-1", "out_of_range"), ("limit=x", "not_number"), ("limit=0", "out_of_range")):
        refused = client.get(f"{place}?{wrong}").json()
        assert [(error["parameter"], error["code"]) for error in refused["errors"]] == [
            (wrong.partition("=")[0], code)
        ]


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ('{"requests": [], "priority": 1}', "/priority", "unknown_field"),
        ('{"requests": [], "420203198001010011": 1}', "", "unknown_field"),
        ("{}", "/requests", "missing"),
        ('{"requests": []}', "/requests", "too_few"),
        ('{"requests": {}}', "/requests", "not_list"),
        ("[]", "", "not_object"),
        ("{", "", "not_json"),
    ],
)
def test_a_batch_that_is_none_is_told_where_and_why(
    client: TestClient, family: Family, body: str, pointer: str, code: str
) -> None:
    response = client.post("/v1/batches", content=body)
    told = response.json()
    assert (response.status_code, told["code"]) == (400, "invalid_request")
    assert [(error["pointer"], error["code"]) for error in told["errors"]] == [(pointer, code)]
    assert told["fields"] == [pointer[1:] or "request"]
    assert "420203198001010011" not in response.text
    assert family.connection.execute("select count(*) from audit.batch").fetchone() == (0,)


def test_a_refusal_points_to_each_field_and_says_why_in_two_languages(
    client: TestClient, family: Family
) -> None:
    marker = family.numbers[2]
    broken = family.request(
        members=[family.member(1), {"name": marker, "id_number": family.numbers[1], marker: marker}, 7],
        aid_type="XX", note=marker,
    )  # fmt: skip
    response = client.post("/v1/verifications", json=broken)
    told = response.json()
    assert response.status_code == 400
    assert [(error["pointer"], error["code"]) for error in told["errors"]] == [
        ("/note", "unknown_field"),
        ("/aid_type", "not_in_list"),
        ("/members/1/id_number", "named_twice"),
        ("/members/1/relation", "missing"),
        ("/members/1", "unknown_field"),
        ("/members/2", "not_object"),
    ]
    assert told["fields"] == ["note", "aid_type", "members"]
    assert all(error["reason_zh"] and error["reason_en"] for error in told["errors"])
    assert marker not in response.text
    purpose = client.post("/v1/verifications", json=family.request(purpose="curiosity")).json()
    assert [(error["pointer"], error["code"]) for error in purpose["errors"]] == [("/purpose", "not_in_list")]


def test_what_is_left_out_may_be_null(client: TestClient, family: Family) -> None:
    left_out = family.request(division_code=None, urban_rural=None)
    assert client.post("/v1/verifications", json=left_out).status_code == 200


def test_a_batch_broken_off_goes_on_when_asked_for(client: TestClient, family: Family) -> None:
    batch = family.call("submit_batch", [family.request()])
    family.execute("update audit.batch set caller = 'approval_api', client = 'approval'")
    family.connection.commit()
    until = time.monotonic() + 30
    while client.get(f"/v1/batches/{batch['batch_id']}").json()["status"] == "running":
        assert time.monotonic() < until
        time.sleep(0.05)


def test_a_request_that_breaks_the_house_holds_up_neither_its_batch_nor_another(
    client: TestClient, other_client: TestClient, family: Family
) -> None:
    family.execute("alter function verification.content rename to gone")
    family.connection.commit()
    places = [
        f"/v1/batches/{asking.post('/v1/batches', json={'requests': [family.request('B1')]}).json()['batch_id']}"
        for asking in (client, other_client)
    ]
    until = time.monotonic() + 30
    for asking, place in zip((client, other_client), places, strict=True):
        while (found := asking.get(place).json())["status"] == "running":
            assert time.monotonic() < until
            time.sleep(0.05)
        assert [item["problem_code"] for item in found["items"]] == ["unavailable"]


def test_a_worker_that_fell_makes_room_for_the_next() -> None:
    fell, worked = threading.Event(), threading.Event()

    def call(_: str) -> bool:
        if not fell.is_set():
            fell.set()
            raise ValueError("of a kind nobody thought of")
        worked.set()
        return False

    workers = BatchWorkers(call, 1)
    workers.wake()
    assert fell.wait(20)
    until = time.monotonic() + 20
    while not worked.wait(0.05) and time.monotonic() < until:
        workers.wake()
    assert worked.is_set()
