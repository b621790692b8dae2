"""The ledger: ``ops.delivery`` (landed, once) and ``ops.rejected_delivery`` (refused whole)."""

from dataclasses import dataclass
from decimal import Decimal

import psycopg

from ingestion.errors import DeliveryFault
from ingestion.inbox import Delivery, RefusedManifest


@dataclass(frozen=True)
class Entry:
    """A delivery that has been landed."""

    feed: str
    sha256: str
    received_count: int
    landed_count: int
    rejected_count: int
    repeated_count: int


def lock_feed(connection: psycopg.Connection, feed: str) -> None:
    """Wait for other programs landing the same feed; held to the end of the transaction."""
    connection.execute("select pg_advisory_xact_lock(hashtextextended('minzheng.land.' || %s, 0))", [feed])


def find(connection: psycopg.Connection, delivery_id: str) -> Entry | None:
    row = connection.execute(
        "select feed, sha256, received_count, landed_count, rejected_count, repeated_count "
        "from ops.delivery where delivery_id = %s",
        [delivery_id],
    ).fetchone()
    return Entry(*row) if row else None


def record_delivery(
    connection: psycopg.Connection,
    delivery: Delivery,
    *,
    received: int,
    landed: int,
    rejected: int,
    repeated: int,
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
            received, landed, rejected, repeated, delivery.control_total_yuan, landed_total, rejected_total,
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
