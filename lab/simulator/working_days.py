"""Working days by the State Council's calendar, which the rules read too: it is law, not ours."""

import csv
from datetime import date, timedelta
from functools import cache
from pathlib import Path

_CALENDAR = Path(__file__).resolve().parents[2] / "dbt_project" / "seeds" / "rules" / "public_holiday.csv"


@cache
def _published() -> dict[date, bool]:
    with _CALENDAR.open(encoding="utf-8", newline="") as lines:
        return {
            date.fromisoformat(row["day"]): row["is_working_day"] == "true" for row in csv.DictReader(lines)
        }


def is_working_day(day: date) -> bool:
    return _published().get(day, day.isoweekday() < 6)


def after(day: date, count: int) -> date:
    """The day that is `count` working days after a day."""
    while count:
        day += timedelta(days=1)
        count -= is_working_day(day)
    return day


def between(first: date, last: date) -> int:
    """Working days from the day after `first` up to and with `last`."""
    return sum(is_working_day(first + timedelta(days=n)) for n in range(1, (last - first).days + 1))
