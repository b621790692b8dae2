"""What was fetched so far (``ops.extraction``), and from where the next extraction goes on."""

from dataclasses import dataclass
from datetime import date, datetime

import psycopg

from ingestion.pulling.mark import Kind, Mark, comparable, mark_from, text_of


@dataclass(frozen=True)
class Extraction:
    """lower, upper: of the cursor; a full one has no lower. status: of its delivery, null where it did not land."""

    delivery_id: str
    business_date: date
    mode: str
    lower: Mark | None
    upper: Mark | None
    pulled_at: datetime
    status: str | None

    def covers(self, other: "Extraction") -> bool:
        """Whether all that the other fetched is in this one, which was fetched later and to the end."""
        if self.mode == "full":
            return True
        if other.mode == "full" or self.lower is None or other.lower is None:
            return False
        return bool(comparable(self.lower) <= comparable(other.lower))


# The content that landed under the number is that of the extraction.
EXTRACTED = """
select
    extraction.delivery_id, extraction.business_date, extraction.mode, extraction.cursor_kind, extraction.cursor_from,
    extraction.cursor_to, extraction.pulled_at, delivery.status
from ops.extraction as extraction
left join ops.delivery as delivery
    on extraction.delivery_id = delivery.delivery_id and extraction.sha256 = delivery.sha256
where extraction.feed = %s and extraction.origin = %s
order by extraction.pulled_at
"""


def extractions(connection: psycopg.Connection, feed: str, origin: str) -> list[Extraction]:
    """All of this feed from this origin (`Source.origin`), the oldest first."""
    rows = connection.execute(EXTRACTED, [feed, origin]).fetchall()
    return [
        Extraction(delivery_id, day, mode, _mark(lower, kind), _mark(upper, kind), pulled_at, status)
        for delivery_id, day, mode, kind, lower, upper, pulled_at, status in rows
    ]


def _mark(text: str | None, kind: Kind) -> Mark | None:
    return None if text is None else mark_from(text, kind)


def standing(fetched: list[Extraction]) -> list[Extraction]:
    """Those that landed; what was withdrawn counts as never having come."""
    return [one for one in fetched if one.status not in (None, "withdrawn")]


def reached(landed: list[Extraction]) -> Mark | None:
    """How far all is there without a gap since the last full one; null where none is there, or it had no row.

    landed: those that stand, the oldest first. The mark moves with them alone: what lies in the inbox, was refused or
    was withdrawn is fetched again.
    """
    last_full = max((number for number, one in enumerate(landed) if one.mode == "full"), default=None)
    if last_full is None:
        return None
    mark = landed[last_full].upper
    spans = [
        (one.lower, one.upper)
        for one in landed[last_full + 1 :]
        if one.lower is not None and one.upper is not None
    ]
    for lower, upper in sorted(spans, key=lambda span: comparable(span[0])):
        if mark is None or comparable(lower) <= comparable(mark) < comparable(upper):
            mark = upper
    return mark


def record(
    connection: psycopg.Connection,
    feed: str,
    origin: str,
    kind: Kind,
    one: Extraction,
    rows: int,
    sha256: str,
) -> None:
    connection.execute(
        "insert into ops.extraction (delivery_id, feed, business_date, origin, mode, cursor_kind, cursor_from, "
        "cursor_to, row_count, sha256) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [
            one.delivery_id, feed, one.business_date, origin, one.mode, kind,
            None if one.lower is None else text_of(one.lower), None if one.upper is None else text_of(one.upper), rows,
            sha256,
        ],
    )  # fmt: skip
