"""Days on which a feed should have come, by the schedule in its contract, and did not."""

from collections.abc import Mapping
from datetime import date, timedelta

import psycopg

from ingestion.contract import Contract

# The last three fields of a cron expression that mean every day and every working day.
EVERY_DAY = ["*", "*", "*"]
WORKING_DAYS = ["*", "*", "1-5"]
FIRST_DAY_OF_WEEKEND = 5


def missing_days(connection: psycopg.Connection, contracts: Mapping[str, Contract]) -> dict[str, list[date]]:
    """Feed to the days missing between its first delivery and the newest of all feeds.

    Feeds that come neither daily nor every working day cannot have gaps. A delivery that is held
    has come; one that was refused has not.
    """
    landed: dict[str, set[date]] = {}
    for feed, day in connection.execute(
        "select feed, business_date from ops.delivery where status <> 'withdrawn'"
    ).fetchall():
        landed.setdefault(feed, set()).add(day)
    return gaps(landed, contracts)


def gaps(landed: Mapping[str, set[date]], contracts: Mapping[str, Contract]) -> dict[str, list[date]]:
    """As ``missing_days``. landed: feed to all business dates that came."""
    newest = max((day for days in landed.values() for day in days), default=date.min)
    found = {}
    for feed, days in landed.items():
        fields = contracts[feed].schedule.split()[2:] if feed in contracts else []
        if fields not in (EVERY_DAY, WORKING_DAYS) or contracts[feed].is_reference:
            continue
        first = min(days)
        expected = [first + timedelta(n) for n in range((newest - first).days + 1)]
        missing = [
            day
            for day in expected
            if day not in days and (fields == EVERY_DAY or day.weekday() < FIRST_DAY_OF_WEEKEND)
        ]
        if missing:
            found[feed] = missing
    return found
