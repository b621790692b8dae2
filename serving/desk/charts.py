"""Drawings that the server makes: lengths and places only. Words and colours are the templates' and the sheet's."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any


@dataclass(frozen=True)
class Month:
    """name: ``2025-06``. label: the year, at its first month shown. yuan: none where nothing was paid."""

    name: str
    label: str
    yuan: Decimal | None


def months_of(paid: Iterable[Mapping[str, Any]], until: date, most: int) -> list[Month]:
    """The last months until a day, with what was paid in each. paid: ``month`` (first day) and ``yuan``."""
    yuan = {row["month"][:7]: row["yuan"] for row in paid}
    last = until.year * 12 + until.month - 1
    months = [f"{month // 12}-{month % 12 + 1:02}" for month in range(last - most + 1, last + 1)]
    return [
        Month(name, name[:4] if place == 0 or name.endswith("-01") else "", yuan.get(name))
        for place, name in enumerate(months)
    ]
