"""Where a service is reached: over TLS or on this machine alone, and how it stops without losing a question."""

import asyncio
import logging
import os
import signal
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any

import uvicorn
from fastapi import FastAPI

from ingestion.way import is_this_machine
from serving.watch import Watch
from warehouse.alerting.machine import certificate_end
from warehouse.database.errors import UsageError
from warehouse.database.settings import settings

log = logging.getLogger("minzheng.serving")

# What is under way when a service stops may take so long still; then it is cut.
LONGEST_ANSWER_SECONDS = 60


@dataclass(frozen=True)
class Door:
    """An address, and beside it the watching door if there is a port for it.

    Raises UsageError as soon as it is named where nothing may, or can, be served there.
    """

    host: str
    port: int
    watch_port: int | None = None

    def __post_init__(self) -> None:
        if settings().tls_certificate:
            _try_certificate()
        elif settings().require_tls and not (self.host and is_this_machine(self.host)):
            raise UsageError(
                f"{self.host}:{self.port} 未受 TLS 保护，而 MINZHENG_REQUIRE_TLS 要求加密，不提供服务。 "
                f"{self.host}:{self.port} would answer in the clear, which MINZHENG_REQUIRE_TLS forbids beyond this "
                "machine. Name a certificate (MINZHENG_TLS_CERTIFICATE), or listen at 127.0.0.1 behind a proxy here."
            )

    def serve(self, application: FastAPI) -> None:
        """Answer until told to stop. Raises UsageError where a port is taken."""
        with self.opened(application) as server, _port(self.host, self.port):
            server.run()
            log.info("Stopped.")

    @contextmanager
    def opened(self, application: FastAPI) -> Iterator["Leaving"]:
        """The server, not running yet, and its watching door, open. Raises UsageError where that port is taken."""
        watch: Watch = application.state.watch
        # No access log: addresses and parameters of questions are nobody's business.
        config = uvicorn.Config(
            application, host=self.host, port=self.port, access_log=False, server_header=False,
            timeout_graceful_shutdown=LONGEST_ANSWER_SECONDS, **_lines(), **_tls(),
        )  # fmt: skip
        if certificate := settings().tls_certificate:
            watch.show(certificate_end(certificate))
        beside = None
        if self.watch_port:
            with _port(self.host, self.watch_port):
                beside = watch.open_door(self.host, self.watch_port, **_lines(), **_tls())
        try:
            yield Leaving(config, watch.leave, settings().stop_seconds)
        finally:
            if beside:
                beside.should_exit = True


@contextmanager
def _port(host: str, port: int) -> Iterator[None]:
    try:
        yield
    except SystemExit:  # its code would say that a gate is closed
        raise UsageError(
            f"{host}:{port} 无法提供服务，原因见上。 "
            f"Nothing can be served at {host}:{port}. The reason stands above."
        ) from None


class Leaving(uvicorn.Server):
    """A server that, told to stop (SIGTERM), says so first and answers on for some seconds.

    A proxy that asks ``/ready`` sends nothing more, and each answer closes its connection; what is under way is
    finished. An interrupt by hand (SIGINT), or being told again, stops at once.
    """

    def __init__(self, config: uvicorn.Config, leave: Callable[[], None], seconds: float) -> None:
        super().__init__(config)
        self.leave, self.seconds = leave, seconds
        self.is_told = False

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if sig != signal.SIGTERM or self.is_told:
            self.force_exit = self.should_exit
            self.should_exit = True
            return
        self.is_told = True
        self.leave()

    async def main_loop(self) -> None:
        """The signal is not raised anew afterwards, as the server of the library does: what was opened is closed."""
        _tell_manager("READY=1")
        log.info("Answers at %s:%d.", self.config.host, self.config.port)
        ticks = 0
        until: float | None = None
        clock = asyncio.get_running_loop().time
        while not await self.on_tick(ticks):
            ticks += 1
            await asyncio.sleep(0.1)
            if self.is_told and until is None:
                until = clock() + self.seconds
                _tell_manager("STOPPING=1")
                log.info("Told to stop: %g seconds for proxies to learn of it.", self.seconds)
            if until is not None and clock() >= until:
                self.should_exit = True


def _tell_manager(word: str) -> None:
    """What systemd waits for where a unit is of the type ``notify`` (sd_notify(3)); else nobody is told."""
    place = os.environ.get("NOTIFY_SOCKET", "")
    if place:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.sendto(word.encode(), "\0" + place[1:] if place[0] == "@" else place)


def _lines() -> dict[str, Any]:
    """Where lines go to a log, the library's go the same way: in the same form, without what an error says."""
    return {"log_config": None} if logging.getLogger().handlers else {}


def _tls() -> dict[str, Any]:
    """For uvicorn; nothing where no certificate is named."""
    certificate, key = settings().tls_certificate, settings().tls_key
    return {"ssl_certfile": certificate, "ssl_keyfile": key or certificate} if certificate else {}


def _try_certificate() -> None:
    certificate, key = settings().tls_certificate, settings().tls_key
    assert certificate is not None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        # A key sealed by a password would have the service wait for somebody to type it.
        context.load_cert_chain(certificate, key, password=lambda: "")
    except (OSError, ValueError) as error:  # of the last kind are those of ssl
        raise UsageError(
            "MINZHENG_TLS_CERTIFICATE 或 MINZHENG_TLS_KEY 不能用。 MINZHENG_TLS_CERTIFICATE or MINZHENG_TLS_KEY cannot "
            f"be used ({type(error).__name__}): PEM files are wanted that belong together, that this account can read, "
            "the key without a password."
        ) from None
