"""Where the services answer: over TLS, or on this machine alone; and one of two stops without losing a question.

Two services are processes of their own, as a service manager starts them: about 10 s of processor.
"""

import hashlib
import json
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from itertools import count, cycle
from pathlib import Path

import httpx
import pytest
from certificates import self_signed
from door import TOKEN, standing
from fastapi import FastAPI
from hand_made_family import Family
from processes import Service, before_two, running

from serving.listening import Door
from warehouse.database.connection import Warehouse
from warehouse.database.errors import UsageError
from warehouse.database.server import free_port
from warehouse.database.settings import PROJECT_ROOT, settings

PATH = "/v1/verifications"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def required(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINZHENG_REQUIRE_TLS", "true")
    settings.cache_clear()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "192.0.2.1", "desk.example.cn"])
def test_nothing_answers_in_the_clear_beyond_this_machine(required: None, host: str) -> None:
    with pytest.raises(UsageError, match="MINZHENG_TLS_CERTIFICATE"):
        Door(host, 8000)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_a_proxy_on_this_machine_may_end_it(required: None, host: str) -> None:
    Door(host, 8000)


def test_a_certificate_that_cannot_be_used_is_told_before_anything_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = self_signed(tmp_path, "desk.example.cn").read_text()
    torn = tmp_path / "torn.pem"
    torn.write_text(whole[whole.index("-----BEGIN CERTIFICATE") :])  # without its key
    for file in (torn, tmp_path / "none.pem"):
        monkeypatch.setenv("MINZHENG_TLS_CERTIFICATE", str(file))
        settings.cache_clear()
        with pytest.raises(UsageError, match="MINZHENG_TLS_CERTIFICATE or MINZHENG_TLS_KEY cannot be used"):
            Door("0.0.0.0", 8000)


@pytest.fixture
def token() -> str:
    """The tests' own, as the setting has it."""
    return json.dumps({"approval": hashlib.sha256(TOKEN.encode()).hexdigest()})


def question(family: Family, number: int) -> bytes:
    return json.dumps(family.request() | {"request_id": f"R{number}"}).encode()


def test_a_service_answers_over_tls_itself_and_its_watching_door_too(
    family: Family, app: FastAPI, tmp_path: Path, required: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = self_signed(tmp_path, "127.0.0.1")
    trusts = ssl.create_default_context(cafile=str(certificate))
    monkeypatch.setenv("MINZHENG_TLS_CERTIFICATE", str(certificate))
    monkeypatch.setenv("MINZHENG_STOP_SECONDS", "0")
    settings.cache_clear()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(60)
        monkeypatch.setenv("NOTIFY_SOCKET", manager.getsockname())
        door = Door("0.0.0.0", free_port(), free_port())
        here = f"127.0.0.1:{door.port}"
        with standing(door, app):
            asked = httpx.post(
                f"https://{here}{PATH}", content=question(family, 1), verify=trusts, headers=BEARER
            )
            watched = httpx.get(f"https://127.0.0.1:{door.watch_port}/ready", verify=trusts)
            assert (asked.status_code, watched.status_code) == (200, 200)
            deep = httpx.get(f"https://127.0.0.1:{door.watch_port}/deep", verify=trusts).json()
            assert deep["checks"]["certificate"] is False  # it ends tomorrow
            with pytest.raises(httpx.TransportError):
                httpx.get(f"http://{here}/health")
            healthy = [sys.executable, "deploy/healthy.py", f"http://localhost:{door.port}/health"]
            assert subprocess.run(healthy, cwd=PROJECT_ROOT).returncode == 0
        assert [manager.recv(100) for _ in "12"] == [b"READY=1", b"STOPPING=1"]


def test_a_port_that_is_taken_is_told_the_watching_one_s_too(app: FastAPI) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        for door in (Door("127.0.0.1", taken), Door("127.0.0.1", free_port(), taken)):
            with pytest.raises(UsageError, match=f"Nothing can be served at 127.0.0.1:{taken}"):
                door.serve(app)


class Slow(threading.Thread):
    """A question of which one half comes before the service is told to stop, and the other after."""

    def __init__(self, service: Service, body: bytes) -> None:
        super().__init__()
        self.service, self.body = service, body
        self.has_begun, self.goes_on = threading.Event(), threading.Event()
        self.status = 0

    def _halves(self) -> Iterator[bytes]:
        half = len(self.body) // 2
        yield self.body[:half]
        self.has_begun.set()
        self.goes_on.wait(60)
        yield self.body[half:]

    def run(self) -> None:
        sent = httpx.post(self.service.address(PATH), content=self._halves(), headers=BEARER, timeout=60)
        self.status = sent.status_code


class Stream:
    """Questions without end, to two services by what stands before them: threads that do what a proxy does (ask at the
    watching doors whom to send to, keep connections, turn to the other where none is taken), and HAProxy with the file
    of deploy/, where it is installed. Whatever else goes wrong, a question is lost."""

    def __init__(self, services: list[Service], family: Family, haproxy: str | None) -> None:
        self.services, self.family, self.haproxy = services, family, haproxy
        self.ready = {service.port: True for service in services}
        self.numbers = count(1)
        self.answered: Counter[int | str] = Counter()
        self.lost: list[str] = []
        self.ends = threading.Event()
        work = [self._look, self._ask, self._ask, *([self._ask_haproxy] * 2 if haproxy else [])]
        self.threads = [threading.Thread(target=each) for each in work]

    def __enter__(self) -> "Stream":
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ends.set()
        for thread in self.threads:
            thread.join()

    def await_answers(self, *ports: int) -> None:
        """Five more from each, and through HAProxy."""
        by = [*ports, *(["haproxy"] if self.haproxy else [])]
        wanted = {each: self.answered[each] + 5 for each in by}
        until = time.monotonic() + 60
        while any(self.answered[each] < count for each, count in wanted.items()):
            assert time.monotonic() < until, (wanted, self.answered, self.lost)
            time.sleep(0.05)

    def _look(self) -> None:
        while not self.ends.wait(0.2):
            for service in self.services:
                self.ready[service.port] = service.is_ready()

    def _ask(self) -> None:
        with httpx.Client(headers=BEARER, timeout=60) as client:
            for service in cycle(self.services):
                if self.ends.wait(0.1):
                    return
                if self.ready[service.port]:
                    self._send(client, service.address(PATH), service.port)

    def _ask_haproxy(self) -> None:
        assert self.haproxy is not None
        with httpx.Client(headers=BEARER, timeout=60) as client:
            while not self.ends.wait(0.1):
                self._send(client, self.haproxy + PATH, "haproxy")

    def _send(self, client: httpx.Client, address: str, by: int | str) -> None:
        try:
            answer = client.post(address, content=question(self.family, next(self.numbers)))
        except httpx.HTTPError as error:
            # What takes no connection got nothing: the next one is asked. Before HAProxy there is no next one.
            if by == "haproxy" or not isinstance(error, httpx.ConnectError):
                self.lost.append(f"{by} {type(error).__name__} {error}")
            return
        self.answered[by] += 1
        if answer.status_code != 200:
            self.lost.append(f"{by} {answer.status_code} {answer.text}")


@pytest.fixture
def haproxy(tmp_path: Path, two: list[Service]) -> Iterator[str | None]:
    with before_two(tmp_path, "rest", two) as address:
        yield address


@pytest.fixture
def two(database: Warehouse, family: Family, tmp_path: Path, token: str) -> Iterator[list[Service]]:
    settings = {"MINZHENG_API_REQUESTS_PER_MINUTE": "100000", "MINZHENG_API_TOKENS": token}
    with running(tmp_path, database, "serve", settings) as services:
        yield services


def test_one_of_two_is_stopped_and_no_question_is_lost(
    two: list[Service], family: Family, haproxy: str | None
) -> None:
    """That it is started anew adds nothing: a service that answers at ``/ready`` is asked, as at the beginning."""
    first, second = two
    assert first.process
    with Stream(two, family, haproxy) as stream:
        slow = Slow(first, question(family, next(stream.numbers)))
        slow.start()
        assert slow.has_begun.wait(60)
        stream.await_answers(first.port, second.port)
        first.process.send_signal(signal.SIGTERM)
        while first.is_ready():
            assert first.process.poll() is None
        # It says so, and answers on; whoever keeps a connection learns that it is over.
        body = question(family, next(stream.numbers))
        late = httpx.post(first.address(PATH), content=body, headers=BEARER)
        slow.goes_on.set()
        slow.join()
        assert first.process.wait(90) == 0
        stream.await_answers(second.port)
    assert (late.status_code, late.headers["connection"], slow.status) == (200, "close", 200)
    assert stream.lost == []
