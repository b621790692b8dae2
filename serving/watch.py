"""How a service is doing, told at a door of its own: ``/metrics`` for Prometheus, and health by depth.

The door is no part of what clients see. Nothing it tells comes from a request: a route is told as the program writes it
(``/v1/reports/{report_no}``), what is not one of ours as ``none``.
"""

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import uvicorn
from anyio import to_thread
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from warehouse.alerting.machine import CERTIFICATE_ENDS
from warehouse.database.errors import MinzhengError

log = logging.getLogger(__name__)
requests = logging.getLogger("minzheng.requests")

METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
# Seconds: an answer takes tens of milliseconds, a report in PDF a second, a wait for a turn longer.
BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
NAMES = {
    "minzheng_http_requests_total": "请求数，按服务、路由、方法和状态",
    "minzheng_http_request_seconds": "请求用时（秒）",
    "minzheng_http_requests_under_way": "正在处理的请求",
    "minzheng_served_certificate_end_timestamp_seconds": "服务出示的证书到期的时刻",
}

# Asked by machines every few seconds, or files of the program.
NOT_LOGGED = ("/health", "/static")

Checks = Callable[[], dict[str, bool]]


class Watch:
    """The figures of one service, and its door.

    ready: by name, whether what it cannot do without is there. deep: what else should be, asked when somebody looks.
    """

    def __init__(self, service: str, ready: Checks, deep: Checks) -> None:
        self.ready, self.deep = ready, deep
        self.registry = CollectorRegistry()
        requests, seconds, under_way, certificate = NAMES
        self.requests = Counter(
            requests, NAMES[requests], ("service", "route", "method", "status"), registry=self.registry
        )
        self.seconds = Histogram(
            seconds, NAMES[seconds], ("service", "route"), buckets=BUCKETS, registry=self.registry
        )
        self.under_way = Gauge(under_way, NAMES[under_way], ("service",), registry=self.registry)
        self.certificate = Gauge(certificate, NAMES[certificate], ("service",), registry=self.registry)
        self.service = service
        self.is_leaving = False
        self.certificate_ends: datetime | None = None

    def show(self, certificate_ends: datetime) -> None:
        """The service answers over TLS with the certificate it read at its start, whatever its file holds by now."""
        self.certificate_ends = certificate_ends
        self.certificate.labels(self.service).set(certificate_ends.timestamp())

    def leave(self) -> None:
        """The service is about to stop: it says so to whoever asks, and answers on for a while."""
        self.is_leaving = True

    def note(self, route: str, method: str, status: int, seconds: float) -> None:
        self.requests.labels(self.service, route, _known(method), str(status)).inc()
        self.seconds.labels(self.service, route).observe(seconds)

    def door(self) -> Starlette:
        """``/metrics``; ``/live``: the process answers; ``/ready``: it can do its work; ``/deep``: and all is well."""

        async def metrics(_: Request) -> Response:
            return Response(generate_latest(self.registry), media_type=CONTENT_TYPE_LATEST)

        async def live(_: Request) -> Response:
            return JSONResponse({"status": "ok"})

        async def ready(_: Request) -> Response:
            return await _told(lambda: self.ready() | self._stays())

        async def deep(_: Request) -> Response:
            return await _told(lambda: self.ready() | self._stays() | self.deep() | self._shows())

        paths = {"/metrics": metrics, "/live": live, "/ready": ready, "/deep": deep}
        return Starlette(routes=[Route(path, answer) for path, answer in paths.items()])

    def _stays(self) -> dict[str, bool]:
        return {"stays": False} if self.is_leaving else {}

    def _shows(self) -> dict[str, bool]:
        if self.certificate_ends is None:
            return {}
        return {"certificate": self.certificate_ends - datetime.now(UTC) >= CERTIFICATE_ENDS}

    def open_door(self, host: str, port: int, **chosen: Any) -> uvicorn.Server:
        """Answer there as long as the process lives, or until the server is told to exit. chosen: as uvicorn takes it.

        The port is taken here, not in the thread, whose end nobody sees. Raises SystemExit where another has it.
        """
        config = uvicorn.Config(
            self.door(), host=host, port=port, access_log=False, server_header=False, **chosen
        )
        server = uvicorn.Server(config)
        taken = [config.bind_socket()]
        threading.Thread(target=server.run, kwargs={"sockets": taken}, daemon=True).start()
        return server


class Measured:
    """Every request of an application is counted and timed; while the service leaves, each ends its connection."""

    def __init__(self, app: ASGIApp, watch: Watch) -> None:
        self.app, self.watch = app, watch

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun, status = time.perf_counter(), 500
        under_way = self.watch.under_way.labels(self.watch.service)

        async def noted(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            if self.watch.is_leaving and message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), (b"connection", b"close")]}
            await send(message)

        under_way.inc()
        try:
            await self.app(scope, receive, noted)
        finally:
            under_way.dec()
            route = getattr(scope.get("route"), "path", "none")
            seconds = time.perf_counter() - begun
            self.watch.note(route, scope["method"], status, seconds)
            if route not in NOT_LOGGED:
                _log_request(_known(scope["method"]), route, status, round(seconds * 1000))


def _log_request(method: str, route: str, status: int, milliseconds: int) -> None:
    """No address and no parameter: a question is between whoever asks and the log of verification."""
    told = {"method": method, "route": route, "status": status, "milliseconds": milliseconds}
    requests.info("%s %s %d, %d ms", *told.values(), extra=told)


def _known(method: str) -> str:
    """A method where it is one: what else a client writes is its own words."""
    return method if method in METHODS else "other"


async def _told(checks: Checks) -> Response:
    """200 where all holds, 503 with what does not."""
    try:
        found = await to_thread.run_sync(checks)
    except (MinzhengError, SQLAlchemyError) as error:  # its own words may hold values
        log.error("The database did not answer (%s).", type(error).__name__)
        found = {"database": False}
    is_well = all(found.values())
    told: dict[str, Any] = {"status": "ok" if is_well else "failing", "checks": found}
    return JSONResponse(told, 200 if is_well else 503)
