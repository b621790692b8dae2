"""Lines of the log where nobody watches: one record is one line, of text or of JSON (``MINZHENG_LOG_FORMAT``).

Of an error a line has its kind and where it happened. What it says is left away: a library's words may hold a value.
"""

import logging
import sys
import traceback
from contextlib import suppress
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, TextIO

from cli.console import harmless, harmless_json
from serving.tracing import request_id

# What a record may bring beside its message, if whoever logs says so (`extra`): counts and words of the program's own.
FIELDS = ("route", "method", "status", "milliseconds")


class LineFormatter(logging.Formatter):
    """The setting is asked with the first line: help and complaints need none."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")
        self.is_json: bool | None = None

    def format(self, record: logging.LogRecord) -> str:
        if self.is_json is None:
            self.is_json = _wants_json()
        if self.is_json:
            return harmless_json(_as_object(record))
        record.exc_text = None  # of a formatter before this one, in full
        return harmless(super().format(record))

    def formatException(self, ei: Any) -> str:
        return _told(*ei)


class LineHandler(logging.StreamHandler[TextIO]):
    """Writes lines to standard error. A line that cannot be written tells its kind: the library's own words for it
    are the message, its arguments and the whole stack."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(LineFormatter())

    def handleError(self, record: logging.LogRecord) -> None:
        kind = sys.exc_info()[0]
        with suppress(OSError, ValueError):  # nowhere to write to
            sys.stderr.write(f"A line of {record.name} was not written: {kind.__name__ if kind else ''}\n")


def _wants_json() -> bool:
    from warehouse.database.errors import MinzhengError
    from warehouse.database.settings import settings

    try:
        return settings().log_format == "json"
    except MinzhengError:  # told where the command ends
        return False


def _as_object(record: logging.LogRecord) -> dict[str, Any]:
    """time: of UTC, as RFC 3339 writes it."""
    line: dict[str, Any] = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname,
        "logger": record.name,
        "message": record.getMessage(),
    }
    line |= {name: getattr(record, name) for name in FIELDS if hasattr(record, name)}
    if request_id():
        line["request_id"] = request_id()
    if record.exc_info and record.exc_info[0]:
        line["error"] = _told(*record.exc_info)
    return line


def _told(kind: type[BaseException], _: BaseException | None, where: TracebackType | None) -> str:
    """``KeyError at serving/app.py:210 in ask``."""
    frames = traceback.extract_tb(where)
    place = f" at {frames[-1].filename}:{frames[-1].lineno} in {frames[-1].name}" if frames else ""
    return f"{kind.__name__}{place}"
