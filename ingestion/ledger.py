"""The ledger: ``ops.delivery`` (landed, once) and ``ops.rejected_delivery`` (refused whole)."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import psycopg

from ingestion.errors import DeliveryFault
from ingestion.inbox import Delivery, RefusedManifest


@dataclass(frozen=True)
class Counts:
    """Lines of a delivery: received = landed + rejected + repeated."""

    received: int
    landed: int
    rejected: int
    repeated: int


@dataclass(frozen=True)
class Entry:
    """A delivery that has been landed."""

    feed: str
    sha256: str
    landed_at: datetime
    counts: Counts


@dataclass(frozen=True)
class Version:
    """The latest content of a reference feed."""

    delivery_id: str
    sha256: str
    business_date: date
    sequence_no: int


ENTRY = "feed, sha256, landed_at, received_count, landed_count, rejected_count, repeated_count"


def lock_feed(connection: psycopg.Connection, feed: str) -> None:
    """Wait for other programs landing the same feed; held to the end of the transaction."""
    connection.execute("select pg_advisory_xact_lock(hashtextextended('minzheng.land.' || %s, 0))", [feed])


def entries(connection: psycopg.Connection) -> dict[str, Entry]:
    """Everything landed so far, by delivery id."""
    rows = connection.execute(f"select delivery_id, {ENTRY} from ops.delivery").fetchall()
    return {delivery_id: _entry(*row) for delivery_id, *row in rows}


def find(connection: psycopg.Connection, delivery_id: str) -> Entry | None:
    row = connection.execute(
        f"select {ENTRY} from ops.delivery where delivery_id = %s", [delivery_id]
    ).fetchone()
    return _entry(*row) if row else None


def _entry(feed: str, sha256: str, landed_at: datetime, *counts: int) -> Entry:
    return Entry(feed, sha256, landed_at, Counts(*counts))


def latest_version(connection: psycopg.Connection, feed: str) -> Version | None:
    """What was landed last of a feed."""
    row = connection.execute(
        "select delivery_id, sha256, business_date, sequence_no from ops.delivery "
        "where feed = %s order by business_date desc, sequence_no desc limit 1",
        [feed],
    ).fetchone()
    return Version(*row) if row else None


def record_delivery(
    connection: psycopg.Connection,
    delivery: Delivery,
    counts: Counts,
    landed_total: Decimal | None,
    rejected_total: Decimal | None,
) -> None:
    """The ledger row. ``landed_at`` is the moment under the feed's lock, so it orders landings."""
    connection.execute(
        "insert into ops.delivery (delivery_id, system, feed, business_date, mode, sequence_no, file_name, "
        "sha256, layout_version, received_count, landed_count, rejected_count, repeated_count, "
        "control_total_yuan, landed_total_yuan, rejected_total_yuan, landed_at) "
        "values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, clock_timestamp())",
        [
            delivery.delivery_id, delivery.system, delivery.feed, delivery.business_date, delivery.mode,
            delivery.sequence_no, delivery.path.name, delivery.sha256, delivery.layout_version,
            counts.received, counts.landed, counts.rejected, counts.repeated,
            delivery.control_total_yuan, landed_total, rejected_total,
        ],
    )  # fmt: skip


def record_rejected_delivery(
    connection: psycopg.Connection, delivery: Delivery, fault: DeliveryFault
) -> None:
    """Once per delivery, content and reason; seeing it again changes nothing."""
    _record_rejection(
        connection, delivery.delivery_id, delivery.sha256, delivery.system, delivery.feed,
        delivery.business_date, delivery.path.name, fault.reason_code, fault.reason,
    )  # fmt: skip


def record_refused_manifest(connection: psycopg.Connection, refused: RefusedManifest) -> None:
    """As above, for a delivery whose manifest could not be used: its folder stands in for the id."""
    _record_rejection(
        connection, refused.label, refused.sha256, refused.system, refused.feed,
        refused.business_date, refused.file_name, refused.reason_code, refused.reason,
    )  # fmt: skip


def _record_rejection(connection: psycopg.Connection, *values: object) -> None:
    connection.execute(
        "insert into ops.rejected_delivery (delivery_id, sha256, system, feed, business_date, file_name, "
        "reason_code, reason) values (%s, %s, %s, %s, %s, %s, %s, %s) on conflict do nothing",
        values,
    )
