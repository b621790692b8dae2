"""How far an extraction came: a value of its cursor, kept as text beside its kind."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from ingestion.bureau import BUREAU_TIME
from ingestion.errors import SourceError
from ingestion.value import MOMENTS

Mark = datetime | date | Decimal
Kind = Literal["time", "day", "number"]


def kind_of(column_type: str) -> Kind | None:
    """Of a column of a contract; null where nothing can be counted back from it."""
    if column_type in MOMENTS:
        return "time"
    return {"date": "day", "sequence": "number", "number": "number"}.get(column_type)  # type: ignore[return-value]


def mark_of(value: Any, kind: Kind, column: str) -> Mark | None:
    """What a source gives for its cursor. Raises SourceError where it is of another kind than the contract says."""
    if value is None:
        return None
    if kind == "number" and isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        return Decimal(value)
    if kind == "time" and isinstance(value, datetime):
        return value
    if kind == "day" and isinstance(value, date) and not isinstance(value, datetime):
        return value
    raise SourceError(
        f"游标列 {column} 的类型与契约所说（{kind}）不同。 "
        f"The cursor {column} is another kind of value than the contract says ({kind}). Write a query that makes one "
        "of it, mend the contract, or take the cursor out."
    )


def mark_from(text: str, kind: Kind) -> Mark:
    """Of a mark as kept, as somebody types it, or as an interface writes it. Raises ValueError."""
    if kind == "number":
        try:
            number = Decimal(text)
        except InvalidOperation:
            raise ValueError(text) from None
        if not number.is_finite():
            raise ValueError(text)
        return number
    return date.fromisoformat(text) if kind == "day" else datetime.fromisoformat(text)


def text_of(mark: Mark) -> str:
    return mark.isoformat(sep=" ") if isinstance(mark, datetime) else str(mark)


def before(mark: Mark, overlap: timedelta | int) -> Mark:
    """Where the next extraction begins: the mark itself is asked for again, and what lies so far before it."""
    try:
        if isinstance(mark, datetime):
            return mark - overlap  # type: ignore[operator]
        if isinstance(mark, date):
            return (datetime.combine(mark, time()) - overlap).date()  # type: ignore[operator]
        return mark - overlap  # type: ignore[operator]
    except OverflowError:  # of the year 1
        return mark


def not_after(mark: Mark, now: datetime) -> Mark:
    """A row dated 9999 does not keep all that follow it from being fetched: the mark goes no further than the clock,
    and what lies beyond comes each time."""
    if isinstance(mark, datetime):
        return mark if comparable(mark) <= now else (now if mark.tzinfo else now.replace(tzinfo=None))
    if isinstance(mark, date):
        return min(mark, now.date())
    return mark


def comparable(mark: Mark) -> Any:
    """Of marks of one kind; a time without a zone is one of the bureau."""
    if isinstance(mark, datetime) and mark.tzinfo is None:
        return mark.replace(tzinfo=BUREAU_TIME)
    return mark
