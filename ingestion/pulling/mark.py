"""How far an extraction came: a value of its cursor, kept as text."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from ingestion.bureau import BUREAU_TIME
from ingestion.errors import SourceError

Mark = datetime | date | int | Decimal


def mark_of(value: Any, column: str) -> Mark | None:
    """What a source gives for its cursor. Raises SourceError where nothing can be counted back from it."""
    if value is None or isinstance(value, (date, Decimal)):  # a datetime is a date
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str):
        try:
            return mark_from(value)
        except ValueError:
            pass
    raise SourceError(
        f"游标列 {column} 不是时间也不是整数，无法按它取增量。 "
        f"The cursor {column} is neither a time nor a number. Name another column, or take the cursor out."
    )


def mark_from(text: str) -> Mark:
    """Of a mark as kept, or a time as written elsewhere. Raises ValueError."""
    if text.lstrip("-").isdigit() and len(text) != 8:
        return int(text)
    if len(text) == 10 or len(text) == 8:
        return date.fromisoformat(text)
    return datetime.fromisoformat(text)


def text_of(mark: Mark) -> str:
    return mark.isoformat(sep=" ") if isinstance(mark, datetime) else str(mark)


def before(mark: Mark, overlap: timedelta | int) -> Mark:
    """Where the next extraction begins: the mark itself is asked for again, and what lies so far before it."""
    if isinstance(mark, datetime) and isinstance(overlap, timedelta):
        return mark - overlap
    if isinstance(mark, date) and isinstance(overlap, timedelta):
        return (datetime.combine(mark, time()) - overlap).date()
    if not isinstance(mark, date) and isinstance(overlap, int):
        return mark - overlap
    raise SourceError(
        "游标的 overlap 与列的类型不符：时间列写 2h，编号列写整数。 "
        "overlap of the cursor fits its column not: write a time (2h) for times, a whole number for numbers."
    )


def compared(one: Mark, other: Mark) -> int:
    """-1, 0 or 1; a day is its first moment, and a time without a zone one of the bureau. Raises SourceError where the
    two are of different kinds."""
    left, right = _comparable(one), _comparable(other)
    try:
        return (left > right) - (left < right)
    except TypeError:
        raise SourceError(
            "游标列的类型变了，请做一次全量（--full）。 "
            "The cursor is of another kind than before. Fetch everything once (--full)."
        ) from None


def _comparable(mark: Mark) -> Any:
    if isinstance(mark, date):
        moment = mark if isinstance(mark, datetime) else datetime.combine(mark, time())
        return moment if moment.tzinfo else moment.replace(tzinfo=BUREAU_TIME)
    return mark


def whole_days(since: Mark | None, until: Mark | None) -> tuple[Mark | None, Mark | None]:
    """A span of days as one of times."""
    if isinstance(since, date) and not isinstance(since, datetime):
        since = datetime.combine(since, time())
    if isinstance(until, date) and not isinstance(until, datetime):
        until = datetime.combine(until, time.max)
    return since, until
