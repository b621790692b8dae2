"""The time of a finding as a row of months, or of years where it is long, and the days that matter beside it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from serving.desk.charts import month_name, month_number

DATED = re.compile(r"(\d{4})-(\d{2})(?:-\d{2})?")
MOST_MONTHS = 36
MOST_YEARS = 60


@dataclass(frozen=True)
class Step:
    """A month or a year. label: above it, empty where the one before says it already."""

    name: str
    label: str
    is_in_period: bool
    has_day: bool


@dataclass(frozen=True)
class Timeline:
    """days: what happened when, the earliest first. steps: empty where nothing is dated."""

    steps: list[Step]
    days: list[tuple[str, str]]
    first: str
    last: str


def timeline(
    first_on: date | None,
    last_on: date | None,
    until: date,
    facts: Mapping[str, Any],
    titles: Mapping[str, str],
) -> Timeline:
    """last_on: none where the finding goes on, until the day given. titles: of the facts."""
    days = sorted(
        (value, titles.get(fact, fact))
        for fact, value in facts.items()
        if isinstance(value, str) and DATED.fullmatch(value)
    )
    begin, end = first_on or until, max(last_on or until, first_on or until)
    marked = {_month(value) for value, _ in days}
    months = range(min([_of(begin), *marked]), max([_of(end), *marked]) + 1)
    inside = range(_of(begin), _of(end) + 1)
    if len(months) <= MOST_MONTHS:
        steps = [
            Step(
                month_name(month),
                str(month // 12) if month == months[0] or month % 12 == 0 else "",
                month in inside,
                month in marked,
            )
            for month in months
        ]
    elif len(months) <= MOST_YEARS * 12:
        years, of_days = {month // 12 for month in inside}, {month // 12 for month in marked}
        steps = [
            Step(str(year), str(year) if year % 5 == 0 else "", year in years, year in of_days)
            for year in range(months[0] // 12, months[-1] // 12 + 1)
        ]
    else:
        steps = []
    return Timeline(steps, days, str(begin), str(last_on) if last_on else "")


def _of(day: date) -> int:
    return month_number(day.year, day.month)


def _month(value: str) -> int:
    found = DATED.fullmatch(value)
    assert found
    return month_number(int(found[1]), int(found[2]))
