"""How the contract changes: its version, and what of it will go."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from email.utils import format_datetime
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import Response

# As docs/approval_system.md tells its changes.
VERSION = "1.2.0"


@dataclass(frozen=True)
class Deprecated:
    """An operation that will go. since: the day from which nobody should begin to use it. until: the day from which it
    may be gone, at least twelve months later. successor: the path that takes its place, there from the first day."""

    operation: str
    since: date
    until: date
    successor: str

    @property
    def headers(self) -> dict[str, str]:
        """RFC 9745 and RFC 8594: from when it is deprecated, and when it may be gone."""
        return {
            "Deprecation": f"@{int(_midnight(self.since).timestamp())}",
            "Sunset": format_datetime(_midnight(self.until), usegmt=True),
            "Link": f'<{self.successor}>; rel="successor-version"',
        }


# Each stands in docs/approval_system.md too, which a test holds to it.
DEPRECATED: tuple[Deprecated, ...] = ()


def mark(described: dict[str, Any], deprecated: Iterable[Deprecated]) -> None:
    """In a description (OpenAPI), and what its answers bear."""
    by_operation = {one.operation: one for one in deprecated}
    for path in described["paths"].values():
        for operation in path.values():
            if found := by_operation.get(operation["operationId"]):
                operation["deprecated"] = True
                operation["description"] = f"将于 {found.until} 停用，请改用 {found.successor}。"
                for response in operation["responses"].values():
                    response["headers"] = response.get("headers", {}) | {
                        name: {"description": text, "schema": {"type": "string"}}
                        for name, text in _HEADERS.items()
                    }


def tell(app: FastAPI, deprecated: Iterable[Deprecated]) -> None:
    """Whatever such an operation answers, a refusal too, says that it will go. Others pay nothing for it."""
    by_operation = {one.operation: one for one in deprecated}
    if not by_operation:
        return

    @app.middleware("http")
    async def told(request: Request, go_on: Callable[[Request], Awaitable[Response]]) -> Response:
        response = await go_on(request)
        found = by_operation.get(getattr(request.scope.get("route"), "operation_id", ""))
        if found:
            response.headers.update(found.headers)
        return response


_HEADERS = {
    "Deprecation": "自何时起不宜再用（RFC 9745）", "Sunset": "何时起可能停用（RFC 8594）", "Link": "替代者的地址",
}  # fmt: skip


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
