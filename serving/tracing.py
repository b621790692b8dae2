"""A number for each request: in its answer, in the lines it leaves in the log, and at the database while it asks there.

It is drawn here and never taken from a request: what a client writes into a header may be anybody's number.
"""

import secrets
from contextvars import ContextVar

from starlette.applications import Starlette
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADER = b"x-request-id"
_request: ContextVar[str] = ContextVar("request", default="")


def request_id() -> str:
    """Of the request under way; empty where there is none (a batch, a callback, a command)."""
    return _request.get()


def application_name(part: str) -> str:
    """As the database shows a session that asks for the request: ``minzheng rest 3f2a9c418b7d0e55``."""
    return f"minzheng {part} {request_id()}".rstrip()


def trace(app: Starlette) -> None:
    """Each request of the application has a number; its answer too where nobody expected the error: the library's own
    answer to that stands outside all middleware that an application adds."""
    build = app.build_middleware_stack
    app.build_middleware_stack = lambda: Traced(build())  # type: ignore[method-assign]


class Traced:
    """What is around an application, in which each request has a number."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        drawn = secrets.token_hex(8)

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), (HEADER, drawn.encode())]}
            await send(message)

        # Not set back: a request is a task, with which this ends. Its error is logged outside, by the server.
        _request.set(drawn)
        await self.app(scope, receive, told)
