"""Values of typed tables, workbooks among them, as the text kept in ``raw``. Imports as little as it can."""

from datetime import date, datetime, time
from typing import Any

# Beyond fifteen digits office programs put zeros for the digits they lost.
LEAST_DAMAGED = 1e15


def cell_text(value: Any) -> str | None:
    """A value as the text kept in ``raw``."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, datetime):
        if value.time() == time():
            return f"{value:%Y-%m-%d}"
        return f"{value:%Y-%m-%d %H:%M:%S.%f}" if value.microsecond else f"{value:%Y-%m-%d %H:%M:%S}"
    if isinstance(value, date):
        return f"{value:%Y-%m-%d}"
    return repr(value) if isinstance(value, float) else str(value)


def double_text(value: float) -> str:
    """A number of a program that keeps all as doubles: 201 is 201, and what has more digits than a
    double keeps for certain shows that it lost some (4.20222193405271e+17)."""
    return str(int(value)) if value.is_integer() and abs(value) < LEAST_DAMAGED else repr(value)
