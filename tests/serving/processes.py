"""Services as processes of their own, as a service manager starts them, and HAProxy before two of them."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from warehouse.database.connection import Warehouse
from warehouse.database.server import free_port
from warehouse.database.settings import PROJECT_ROOT

HAPROXY = shutil.which("haproxy", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
# Of each part of deploy/haproxy: where HAProxy listens, and the ports of both services and of their watching doors.
PARTS = {
    "rest": ("bind :443 ssl crt /etc/haproxy/rest.pem", ((8000, 9108), (8001, 9118))),
    "desk": ("bind :8443 ssl crt /etc/haproxy/desk.pem", ((8010, 9109), (8011, 9119))),
}


class Service:
    """`minzheng serve` or `minzheng desk` as a process; its output goes to a file."""

    process: subprocess.Popen[bytes] | None = None

    def __init__(self, folder: Path, database: Warehouse, command: str, settings: dict[str, str]) -> None:
        self.port, self.watch_port = free_port(), free_port()
        self.log = folder / f"{self.port}.log"
        self.command = [
            sys.executable, "-m", "cli.main", command, "--port", str(self.port), "--watch-port", str(self.watch_port),
        ]  # fmt: skip
        self.environment = (
            os.environ | {"MINZHENG_DATABASE_URL": database.address, "MINZHENG_STOP_SECONDS": "2"} | settings
        )

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command, cwd=PROJECT_ROOT, env=self.environment, stdout=log, stderr=log
            )

    def address(self, path: str, port: int = 0) -> str:
        return f"http://127.0.0.1:{port or self.port}{path}"

    def is_ready(self) -> bool:
        try:
            return httpx.get(self.address("/ready", self.watch_port)).status_code == 200
        except httpx.TransportError:
            return False

    def await_ready(self) -> None:
        until = time.monotonic() + 120
        while not self.is_ready():
            assert self.process, "not started"
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < until, self.log.read_text()
            time.sleep(0.1)

    def stop(self) -> None:
        """As a service manager does."""
        assert self.process
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(90) == 0

    def end(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()


@contextmanager
def running(
    folder: Path, database: Warehouse, command: str, settings: dict[str, str]
) -> Iterator[list[Service]]:
    """Two of one kind."""
    services = [Service(folder, database, command, settings) for _ in "12"]
    try:
        for service in services:
            service.start()
        for service in services:
            service.await_ready()
        yield services
    finally:
        for service in services:
            service.end()


@contextmanager
def before_two(folder: Path, part: str, two: list[Service]) -> Iterator[str | None]:
    """The address of HAProxy with the file of deploy/, of its part for them, without a certificate of its own; null
    where it is not installed."""
    if not HAPROXY:
        yield None
        return
    text = (PROJECT_ROOT / "deploy" / "haproxy" / "minzheng.cfg").read_text(encoding="utf-8")
    head = text[: text.index("frontend rest")]
    own = text[text.index(f"frontend {part}") :]
    own = own[: own.index("frontend", 1)] if "frontend" in own[1:] else own
    port = free_port()
    bind, usual = PARTS[part]
    changes = {bind: f"bind 127.0.0.1:{port}"}
    for service, (usual_port, usual_watch) in zip(two, usual, strict=True):
        changes[f"127.0.0.1:{usual_port} check port {usual_watch}"] = (
            f"127.0.0.1:{service.port} check port {service.watch_port}"
        )
    for usual_words, words in changes.items():
        assert usual_words in own
        own = own.replace(usual_words, words)
    file = folder / f"haproxy_{part}.cfg"
    file.write_text(head + own)
    process = subprocess.Popen([HAPROXY, "-q", "-f", file])
    yield f"http://127.0.0.1:{port}"
    process.kill()
    process.wait()
