"""A client is told that its batch is done: signed, again until it is heard, and never where nobody may be called."""

import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import psycopg
import pytest
from certificates import self_signed
from door import TOKEN
from fastapi.testclient import TestClient
from hand_made_family import Family
from pydantic import SecretStr
from standardwebhooks.webhooks import Webhook, WebhookVerificationError
from typer.testing import CliRunner

from cli.main import app as command_line
from serving.app import create_app
from serving.callbacks import Callbacks, origin_of, secrets_of, told_secret
from serving.contract import CallbackMessage
from serving.database import Database
from warehouse.alerting import alerts
from warehouse.database.connection import Warehouse
from warehouse.database.errors import UsageError
from warehouse.database.settings import Settings, settings
from warehouse.verification.batches import forget_batches

KEY = "a-key-of-the-service-for-the-tests-only"


class Receiver(ThreadingHTTPServer):
    """Another system's: answers as it is told to, the last answer for ever, and keeps what it heard."""

    def __init__(self) -> None:
        self.answers: list[int] = [204]
        self.heard: list[tuple[dict[str, str], bytes]] = []
        super().__init__(("127.0.0.1", 0), Answering)
        self.scheme = "http"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def origin(self) -> str:
        return f"{self.scheme}://localhost:{self.server_port}"


class Answering(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.append((dict(self.headers), body))
        status = self.server.answers.pop(0) if len(self.server.answers) > 1 else self.server.answers[0]
        if status == 0:
            time.sleep(3)
        self.send_response(status or 204)
        if status == 302:
            self.send_header("Location", f"{self.server.origin}/elsewhere")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Silent."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.shutdown()
    made.server_close()


def calling(
    chosen: Settings, *origins: str, networks: tuple[str, ...] = ("127.0.0.0/8", "::1/128")
) -> Settings:
    return chosen.model_copy(
        update={
            "api_callback_origins": list(origins), "api_callback_networks": list(networks),
            "api_callback_key": SecretStr(KEY),
        }
    )  # fmt: skip


@contextmanager
def running(chosen: Settings, database: Warehouse) -> Iterator[TestClient]:
    """The service from start to stop."""
    place = Database(lambda: database)
    with TestClient(create_app(chosen, place), headers={"Authorization": f"Bearer {TOKEN}"}) as client:
        yield client
    place.engine.dispose()


@pytest.fixture(autouse=True)
def looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("serving.callbacks.POLL_SECONDS", 0.05)


def submit(client: TestClient, family: Family, url: str) -> str:
    answer = client.post(
        "/v1/batches", json={"requests": [family.request("B1"), {"request_id": "B2"}], "callback_url": url}
    )
    assert answer.status_code == 202, answer.text
    return str(answer.json()["batch_id"])


def until(client: TestClient, batch_id: str, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The callback in the batch's state, once it is so. Asking wakes nobody: the batch is worked off without."""
    gives_up = time.monotonic() + 30
    while not holds(told := client.get(f"/v1/batches/{batch_id}").json()["callback"]):
        assert time.monotonic() < gives_up, told
        time.sleep(0.1)
    return dict(told)


def now_due(connection: psycopg.Connection, **values: object) -> None:
    changed = "".join(f", {name} = {value}" for name, value in values.items())
    connection.execute(f"update ops.batch_callback set next_attempt_at = clock_timestamp(){changed}".encode())
    connection.commit()


def test_what_is_sent_is_signed_and_names_nobody(
    chosen: Settings, database: Warehouse, family: Family, receiver: Receiver
) -> None:
    with running(calling(chosen, receiver.origin), database) as client:
        batch_id = submit(client, family, f"{receiver.origin}/done?batch")
        assert until(client, batch_id, lambda told: told["status"] == "delivered")["attempts"] == 1
    ((headers, body),) = receiver.heard
    secret = told_secret(secrets_of(KEY, "approval")[0])
    told = Webhook(secret).verify(body, headers)
    CallbackMessage.model_validate(told)
    assert told["data"] == {"batch_id": batch_id, "status": "done", "total": 2, "answered": 1, "refused": 1}
    assert headers["Host"] == receiver.origin.removeprefix("http://")
    assert "王" not in json.dumps(told, ensure_ascii=False)
    with pytest.raises(WebhookVerificationError):
        Webhook(told_secret(secrets_of(KEY, "other")[0])).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body + b" ", headers)


def test_a_former_key_signs_beside_the_new_one(
    chosen: Settings, database: Warehouse, family: Family, receiver: Receiver
) -> None:
    changed = calling(chosen, receiver.origin).model_copy(
        update={"api_callback_key": SecretStr(f"{'n' * 40} {KEY}")}
    )
    with running(changed, database) as client:
        until(client, submit(client, family, receiver.origin), lambda told: told["status"] == "delivered")
    ((headers, body),) = receiver.heard
    for key in ("n" * 40, KEY):
        Webhook(told_secret(secrets_of(key, "approval")[0])).verify(body, headers)


def test_it_is_sent_again_over_a_restart_under_the_same_number(
    chosen: Settings, database: Warehouse, family: Family, receiver: Receiver
) -> None:
    receiver.answers = [500, 302, 204]
    service = calling(chosen, receiver.origin)
    with running(service, database) as client:
        batch_id = submit(client, family, receiver.origin)
        told = until(client, batch_id, lambda told: told["last_error"] is not None)
        assert (told["status"], told["attempts"], told["last_error"]) == ("waiting", 1, "status_500")
        assert datetime.fromisoformat(told["next_attempt_at"]) > datetime.now(UTC)
    now_due(family.connection)
    with running(service, database) as client:
        told = until(
            client, batch_id, lambda told: told["attempts"] == 2 and told["last_error"] == "redirected"
        )
        assert timedelta(minutes=4) < datetime.fromisoformat(told["next_attempt_at"]) - datetime.now(UTC)
        now_due(family.connection)
        told = until(client, batch_id, lambda told: told["status"] == "delivered")
        assert (told["attempts"], told["last_error"], told["next_attempt_at"]) == (3, None, None)
    assert len({headers["Webhook-Id"] for headers, _ in receiver.heard}) == 1
    assert len(receiver.heard) == 3, "the redirect was not followed"


def test_a_batch_under_way_at_a_restart_is_finished_though_nobody_asks(
    chosen: Settings, database: Warehouse, family: Family, receiver: Receiver
) -> None:
    place = Database(lambda: database)
    place.call("submit_batch", json.dumps([family.request("B1")]), f"{receiver.origin}/", client="approval")
    place.engine.dispose()
    with running(calling(chosen, receiver.origin), database):
        gives_up = time.monotonic() + 30
        while not receiver.heard:
            assert time.monotonic() < gives_up
            time.sleep(0.1)


@pytest.mark.parametrize(("answer", "attempts"), [(503, 9), (410, 0)])
def test_what_is_given_up_is_told_until_one_arrives(
    chosen: Settings, database: Warehouse, family: Family, receiver: Receiver, answer: int, attempts: int
) -> None:
    receiver.answers = [answer]
    with running(calling(chosen, receiver.origin), database) as client:
        batch_id = submit(client, family, receiver.origin)
        if attempts:
            until(client, batch_id, lambda told: told["last_error"] is not None)
            now_due(family.connection, attempts=attempts)
        told = until(client, batch_id, lambda told: told["status"] == "failed")
        assert (told["attempts"], told["last_error"]) == (attempts + 1, f"status_{answer}")

        def open_alerts() -> list[tuple[str, str]]:
            alerts.update(database)
            return [(alert.kind, alert.subject) for alert in alerts.open_alerts(family.connection)]

        assert open_alerts() == [("callback_failed", "approval")]
        receiver.answers = [204]
        until(client, submit(client, family, receiver.origin), lambda told: told["status"] == "delivered")
        family.connection.rollback()
        assert open_alerts() == []


def test_a_batch_whose_callback_waits_is_not_forgotten(family: Family, database: Warehouse) -> None:
    place = Database(lambda: database)
    place.call("submit_batch", json.dumps([family.request("B1")]), "http://localhost/", client="approval")
    while place.call("advance_batches"):
        pass
    place.engine.dispose()
    later = datetime.now(UTC) + timedelta(days=1)
    assert forget_batches(family.connection, later) == 0
    family.execute(
        "update ops.batch_callback set next_attempt_at = null, given_up_at = now(), last_error = 'too_slow'"
    )
    assert forget_batches(family.connection, later) == 1


def test_what_nobody_sends_any_more_is_told_and_then_forgotten(family: Family, database: Warehouse) -> None:
    """The list of origins was emptied, or the service is not started any more."""
    place = Database(lambda: database)
    place.call("submit_batch", json.dumps([family.request("B1")]), "http://localhost/", client="approval")
    place.call("submit_batch", json.dumps([family.request("B2")]), "http://localhost/", client="approval")
    while place.call("advance_batches"):
        pass
    place.engine.dispose()
    family.execute(
        """
        update audit.batch set finished_at = now() - interval '30 days'
        where batch_id in (select batch_id from audit.batch_item where request ->> 'request_id' = 'B1')
        """
    )

    def open_alerts() -> list[str]:
        alerts.update(database)
        return [f"{alert.kind} {alert.detail}" for alert in alerts.open_alerts(family.connection)]

    assert open_alerts() == [], "an attempt is due in a moment"
    family.execute("update ops.batch_callback set next_attempt_at = now() - interval '30 days'")
    family.connection.commit()
    (told,) = open_alerts()
    assert "callback_failed" in told
    assert "not_sent" in told
    family.connection.rollback()
    now = datetime.now(UTC)
    assert forget_batches(family.connection, now - timedelta(days=31)) == 0
    family.execute("update audit.batch set submitted_at = now() - interval '40 days'")
    family.connection.commit()
    assert forget_batches(family.connection, now - timedelta(days=29)) == 1, "the other was done just now"
    family.connection.commit()
    assert forget_batches(family.connection, now + timedelta(days=1)) == 0, "a day has not passed"
    assert open_alerts() == []


# Where nobody may be called


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("https://approval.example.cn/x", None), ("https://approval.example.cn:443/x", None),
        ("HTTPS://Approval.Example.cn/x", None),
        ("http://approval.example.cn/x", "not_allowed"), ("https://approval.example.cn:8443/", "not_allowed"),
        ("https://approval.example.cn.evil.example/", "not_allowed"), ("https://169.254.169.254/", "not_allowed"),
        ("https://approval.example.cn@evil.example/", "wrong_form"), ("ftp://approval.example.cn/", "wrong_form"),
        ("https://evil.example\\@approval.example.cn/", "wrong_form"), ("https:///x", "wrong_form"),
        ("https://approval.example.cn:x/", "wrong_form"), ("https://approval.example.cn/ x", "wrong_form"),
        ("https://approval.example.cn/#x", "wrong_form"), ("https://[::1/", "wrong_form"),
        ("", "wrong_form"), (7, "not_text"), ("https://approval.example.cn/" + "x" * 500, "too_long"),
    ],
)  # fmt: skip
def test_only_an_origin_that_is_listed_is_taken(
    chosen: Settings, database: Warehouse, family: Family, url: object, code: str | None
) -> None:
    with running(calling(chosen, "https://approval.example.cn"), database) as client:
        answer = client.post("/v1/batches", json={"requests": [{}], "callback_url": url})
    if code is None:
        assert answer.status_code == 202
    else:
        assert answer.status_code == 400
        assert [(fault["pointer"], fault["code"]) for fault in answer.json()["errors"]] == [
            ("/callback_url", code)
        ]
        assert family.connection.execute("select from audit.batch").fetchall() == []


def test_nobody_is_called_where_nothing_is_set(client: TestClient) -> None:
    answer = client.post(
        "/v1/batches", json={"requests": [{}], "callback_url": "https://approval.example.cn/"}
    )
    assert answer.json()["errors"][0]["code"] == "not_allowed"
    assert (
        client.post("/v1/batches", json={"requests": [{}], "callback_url": None}).json()["callback"] is None
    )


def test_addresses_of_the_bureau_s_net_are_called_only_where_listed(
    chosen: Settings, database: Warehouse
) -> None:
    place = Database(lambda: database)
    inside = (
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%2", "fd00::1", "ff02::1", "::ffff:127.0.0.1",
        "64:ff9b::10.1.2.3", "2002:7f00:1::", "::ffff:10.20.1.1",
    )  # fmt: skip
    none_listed = Callbacks(calling(chosen, networks=()), place, lambda: None)
    one_listed = Callbacks(calling(chosen, networks=("10.20.0.0/16",)), place, lambda: None)
    for address in inside:
        assert not none_listed._may_call(ip_address(address)), address
        assert one_listed._may_call(ip_address(address)) == (address == "::ffff:10.20.1.1"), address
    for address in ("8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8"):
        assert none_listed._may_call(ip_address(address)), address
    place.engine.dispose()


def test_a_name_that_leads_into_the_bureau_s_net_is_not_followed(
    chosen: Settings, database: Warehouse, family: Family, receiver: Receiver
) -> None:
    """It was listed, and resolves to this machine; the next does not resolve at all."""
    nowhere = "http://nowhere.invalid"
    with running(calling(chosen, receiver.origin, nowhere, networks=()), database) as client:
        for url, code in ((receiver.origin, "address_not_allowed"), (nowhere, "no_such_host")):
            told = until(client, submit(client, family, url), lambda told: told["last_error"] is not None)
            assert told["last_error"] == code
    assert receiver.heard == []


def test_an_origin_taken_off_the_list_is_not_called_any_more(
    chosen: Settings, database: Warehouse, family: Family, receiver: Receiver
) -> None:
    place = Database(lambda: database)
    place.call("submit_batch", json.dumps([family.request("B1")]), receiver.origin, client="approval")
    while place.call("advance_batches"):
        pass
    place.engine.dispose()
    with running(calling(chosen, "https://approval.example.cn"), database):
        gives_up = time.monotonic() + 30
        while not (told := family.connection.execute("select last_error from ops.batch_callback").fetchone())[
            0
        ]:
            family.connection.rollback()
            assert time.monotonic() < gives_up
            time.sleep(0.1)
    assert told == ("not_allowed",)
    assert receiver.heard == []


def test_who_answers_slowly_holds_up_nobody(
    chosen: Settings, database: Warehouse, family: Family, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("serving.callbacks.ATTEMPT_SECONDS", 0.5)
    receiver.answers = [0]
    with running(calling(chosen, receiver.origin), database) as client:
        told = until(
            client, submit(client, family, receiver.origin), lambda told: told["last_error"] is not None
        )
    assert told["last_error"] == "too_slow"


def test_a_certificate_must_be_of_the_host_that_was_asked_for(
    chosen: Settings, database: Warehouse, family: Family, receiver: Receiver, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Connected to the address that was examined, the host is proved by the name."""
    certificate = self_signed(tmp_path, "localhost")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    receiver.socket = tls.wrap_socket(receiver.socket, server_side=True)
    receiver.scheme = "https"
    by_address = receiver.origin.replace("localhost", "127.0.0.1")
    with running(calling(chosen, receiver.origin, by_address), database) as client:
        for trusted, url, code in (
            ("", receiver.origin, "tls_failed"),
            (str(certificate), by_address, "tls_failed"),
            (str(certificate), receiver.origin, None),
        ):
            monkeypatch.setenv("SSL_CERT_FILE", trusted or str(tmp_path / "nobody.pem"))
            told = until(
                client,
                submit(client, family, url),
                lambda told: bool(told["last_error"]) or told["status"] == "delivered",
            )
            assert told["last_error"] == code, url
    assert len(receiver.heard) == 1


def test_who_asks_in_sql_is_not_called(family: Family) -> None:
    """What the service examines nobody examines there."""
    answer = family.call("submit_batch", [family.request("B1")], "http://127.0.0.1/")
    assert answer["problem"]["detail"]["errors"] == [{"pointer": "/callback_url", "code": "not_allowed"}]


# What the administrator sets


def test_a_secret_is_told_for_a_client_there_is(database: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINZHENG_DATABASE_URL", database.address)
    monkeypatch.setenv("MINZHENG_API_TOKENS", '{"approval": "0"}')

    def asked(*words: str) -> Any:
        settings.cache_clear()
        return CliRunner().invoke(command_line, ["token", "secret", *words])

    assert isinstance(asked("approval").exception, UsageError), "there is no key"
    monkeypatch.setenv("MINZHENG_API_CALLBACK_KEY", KEY)
    assert told_secret(secrets_of(KEY, "approval")[0]) in asked("approval").output
    assert isinstance(asked("aproval").exception, UsageError)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ORIGINS", '["https://approval.example.cn/path"]'), ("ORIGINS", '["approval.example.cn"]'),
        ("ORIGINS", '["https://approval.example.cn"]'),  # without a key
        ("NETWORKS", '["10.0.0.1/8"]'), ("KEY", "short"), ("KEY", f"{KEY} short"),
    ],
)  # fmt: skip
def test_settings_that_would_call_nobody_are_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"MINZHENG_API_CALLBACK_{name}", value)
    with pytest.raises(UsageError, match="MINZHENG_API_CALLBACK_"):
        settings.__wrapped__()


def test_an_origin_is_what_a_browser_calls_one() -> None:
    assert origin_of("https://A.example:443/x?y") == "https://a.example"
    assert origin_of("http://[::1]:8080/x") == "http://[::1]:8080"
