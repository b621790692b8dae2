"""What was fetched so far (``ops.extraction``), and from where the next extraction goes on."""

from dataclasses import dataclass
from datetime import datetime
from functools import cmp_to_key

import psycopg

from ingestion.pulling.mark import Mark, compared, mark_from, text_of


@dataclass(frozen=True)
class Extraction:
    """One that landed and stands. lower, upper: of the cursor; a full one has no lower."""

    mode: str
    lower: Mark | None
    upper: Mark | None
    pulled_at: datetime


Span = tuple[Mark, Mark]

# Of those that landed; what was withdrawn counts as never having come.
STANDING = """
select extraction.mode, extraction.cursor_from, extraction.cursor_to, extraction.pulled_at
from ops.extraction as extraction
inner join ops.delivery as delivery using (delivery_id)
where extraction.feed = %s and extraction.origin = %s and delivery.status <> 'withdrawn'
    and delivery.sha256 = extraction.sha256
order by extraction.pulled_at
"""


def standing(connection: psycopg.Connection, feed: str, origin: str) -> list[Extraction]:
    """Of this feed from this origin (`Source.origin`), the oldest first."""
    rows = connection.execute(STANDING, [feed, origin]).fetchall()
    return [
        Extraction(
            mode, None if lower is None else mark_from(lower), None if upper is None else mark_from(upper), at
        )
        for mode, lower, upper, at in rows
    ]


def reached(extractions: list[Extraction]) -> Mark | None:
    """How far all is there without a gap since the last full one; null where none is there, or it had no row.

    The mark moves with what landed alone: what lies in the inbox, was refused or was withdrawn is fetched again.
    """
    last_full = max((n for n, one in enumerate(extractions) if one.mode == "full"), default=None)
    if last_full is None:
        return None
    mark = extractions[last_full].upper
    spans: list[Span] = [
        (one.lower, one.upper)
        for one in extractions[last_full + 1 :]
        if one.lower is not None and one.upper is not None
    ]
    for lower, upper in sorted(spans, key=_by_lower):
        if mark is None or compared(lower, mark) <= 0 < compared(upper, mark):
            mark = upper
    return mark


def _lower_compared(one: Span, other: Span) -> int:
    return compared(one[0], other[0])


_by_lower = cmp_to_key(_lower_compared)


def record(
    connection: psycopg.Connection,
    delivery_id: str,
    feed: str,
    origin: str,
    mode: str,
    lower: Mark | None,
    upper: Mark | None,
    rows: int,
    sha256: str,
) -> None:
    connection.execute(
        "insert into ops.extraction (delivery_id, feed, origin, mode, cursor_from, cursor_to, row_count, sha256) "
        "values (%s, %s, %s, %s, %s, %s, %s, %s)",
        [
            delivery_id, feed, origin, mode, None if lower is None else text_of(lower),
            None if upper is None else text_of(upper), rows, sha256,
        ],
    )  # fmt: skip
