"""Deliveries as the desk shows them: a calendar by source, one delivery with its checks, how well each system sends."""

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import psycopg
from psycopg.rows import dict_row

from ingestion.contract import Contract
from ingestion.gaps import gaps

# What a day of a source was, the gravest first: of several deliveries the gravest is shown.
STATES = ("refused", "held", "missing", "late", "withdrawn", "came")


@dataclass(frozen=True)
class Day:
    """state: one of STATES; none where nothing was to come. delivery_id: the last of the day that landed."""

    day: date
    state: str | None
    delivery_id: str | None
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Source:
    feed: str
    system: str
    title: str
    owner: str
    days: list[Day]


def calendar(
    connection: psycopg.Connection, contracts: Mapping[str, Contract], month: date | None = None
) -> tuple[date, list[Source]]:
    """The month (its first day) and each source's days in it. month: that of the newest delivery where none is given.

    A day is late where it landed later than the source may be old, of sources that ever keep to that.
    """
    if month is None:
        days = [day for sender in _told(connection)["feeds"] for day in sender["days"] or ()]
        month = date.fromisoformat(max(days)) if days else date.today()
    first = month.replace(day=1)
    last = first.replace(day=monthrange(first.year, first.month)[1])
    told = _told(connection, first, last)
    missing = gaps(
        {
            sender["feed"]: {date.fromisoformat(day) for day in sender["days"]}
            for sender in told["feeds"] if sender["days"]
        },
        contracts,
    )  # fmt: skip
    return first, [
        Source(
            sender["feed"], sender["system"], sender["title_zh"], sender["owner"] or "",
            [
                _day(first + timedelta(n), sender, told, missing.get(sender["feed"], []))
                for n in range((last - first).days + 1)
            ],
        )
        for sender in told["feeds"]
    ]  # fmt: skip


def _told(
    connection: psycopg.Connection, first: date | None = None, last: date | None = None
) -> dict[str, Any]:
    row = connection.execute("select api_v1.desk_deliveries(%s, %s)", [first, last]).fetchone()
    assert row
    told: dict[str, Any] = row[0]
    return told


def _day(day: date, sender: dict[str, Any], told: dict[str, Any], missing: list[date]) -> Day:
    def of_the_day(kind: str) -> list[dict[str, Any]]:
        return [
            row for row in told[kind] if row["feed"] == sender["feed"] and row["business_date"] == str(day)
        ]

    landed, refused = of_the_day("deliveries"), of_the_day("refused")
    states = {"refused"} if refused and not landed else set()
    states |= {"missing"} if day in missing and not refused else set()
    for row in landed:
        age = (date.fromisoformat(row["landed_on"]) - day).days
        is_late = sender["was_ever_on_time"] and age > (sender["stale_after_days"] or age)
        is_in = row["status"] not in ("held", "withdrawn")
        states.add(("late" if is_late else "came") if is_in else row["status"])
    state = next((known for known in STATES if known in states), None)
    return Day(
        day, state, landed[-1]["delivery_id"] if landed else None, tuple(row["reason"] for row in refused)
    )


def delivery(connection: psycopg.Connection, delivery_id: str) -> dict[str, Any] | None:
    """``api_v1.desk_delivery``; none where none has this number."""
    row = connection.execute("select api_v1.desk_delivery(%s)", [delivery_id]).fetchone()
    return row[0] if row else None


def scorecard(connection: psycopg.Connection) -> list[dict[str, Any]]:
    """Rows of ``ops.source_scorecard``, by system, the newest month first."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute("select * from api_v1.desk_scorecard()").fetchall()
