"""Drawings that the server makes: lengths and places only. Words and colours are the templates' and the sheet's."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any


def month_number(year: int, month: int) -> int:
    """Months counted through, so that they can be gone through."""
    return year * 12 + month - 1


def month_name(number: int) -> str:
    """``2025-06``."""
    return f"{number // 12}-{number % 12 + 1:02}"


@dataclass(frozen=True)
class Month:
    """name: ``2025-06``. label: the year, at its first month shown. yuan: none where nothing was paid."""

    name: str
    label: str
    yuan: Decimal | None


def months_of(paid: Iterable[Mapping[str, Any]], until: date, most: int) -> list[Month]:
    """The last months until a day, with what was paid in each. paid: ``month`` (first day) and ``yuan``."""
    yuan = {row["month"][:7]: row["yuan"] for row in paid}
    last = month_number(until.year, until.month)
    months = [month_name(month) for month in range(last - most + 1, last + 1)]
    return [
        Month(name, name[:4] if place == 0 or name.endswith("-01") else "", yuan.get(name))
        for place, name in enumerate(months)
    ]


@dataclass(frozen=True)
class Bar:
    """kind: a class of the sheet."""

    kind: str
    x: float
    width: float
    value: int


def stacked(values: Mapping[str, int], most: int, width: float) -> list[Bar]:
    """Bars one behind the other; most: what fills the width."""
    bars: list[Bar] = []
    x = 0.0
    for kind, value in values.items():
        length = value / most * width if most else 0.0
        if value:
            bars.append(Bar(kind, round(x, 1), round(length, 1), value))
        x += length
    return bars


def line(values: Iterable[int], most: int, width: float, height: float) -> str:
    """The points of a polyline from left to right, nothing at the bottom."""
    listed = list(values)
    step = width / max(len(listed) - 1, 1)
    return " ".join(
        f"{place * step:.1f},{height - value / max(most, 1) * height:.1f}"
        for place, value in enumerate(listed)
    )
