"""The ledger: ``ops.delivery`` (landed, once) and ``ops.rejected_delivery`` (refused whole)."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import psycopg
from psycopg.types.json import Jsonb

from ingestion.contract import RejectLimit
from ingestion.errors import DeliveryFault
from ingestion.inbox import Delivery, KnownFile, RefusedManifest
from ingestion.turns import take_turn


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
    business_date: date
    mode: str
    status: str
    landed_at: datetime
    counts: Counts

    def is_of(self, delivery: Delivery) -> bool:
        """The same content, said to be the same."""
        stated = (delivery.feed, delivery.sha256, delivery.business_date, delivery.mode)
        return (self.feed, self.sha256, self.business_date, self.mode) == stated


@dataclass(frozen=True)
class Version:
    """The latest content of a reference feed."""

    delivery_id: str
    sha256: str
    business_date: date
    sequence_no: int


ENTRY = (
    "feed, sha256, business_date, mode, status, landed_at, "
    "received_count, landed_count, rejected_count, repeated_count"
)


def lock_feed(connection: psycopg.Connection, feed: str) -> None:
    """Wait for other programs landing the same feed; held to the end of the transaction."""
    take_turn(connection, f"land {feed}")


def entries(connection: psycopg.Connection) -> dict[str, Entry]:
    """Everything landed so far, by delivery id."""
    rows = connection.execute(f"select delivery_id, {ENTRY} from ops.delivery").fetchall()
    return {delivery_id: _entry(*row) for delivery_id, *row in rows}


def find_twin(connection: psycopg.Connection, delivery: Delivery) -> str | None:
    """Another delivery landed for the same feed, day, mode and sequence: which of the two came
    later could not be told. One that was withdrawn counts as never having come."""
    row = connection.execute(
        """
        select delivery_id from ops.delivery
        where feed = %s and business_date = %s and mode = %s and sequence_no = %s and delivery_id <> %s
            and status <> 'withdrawn'
        """,
        [delivery.feed, delivery.business_date, delivery.mode, delivery.sequence_no, delivery.delivery_id],
    ).fetchone()
    return row[0] if row else None


def find(connection: psycopg.Connection, delivery_id: str) -> Entry | None:
    row = connection.execute(
        f"select {ENTRY} from ops.delivery where delivery_id = %s", [delivery_id]
    ).fetchone()
    return _entry(*row) if row else None


def was_fetched(connection: psycopg.Connection, delivery: Delivery) -> bool:
    """Whether the program wrote the file itself: it kept the digest of what it fetched."""
    ((was_fetched,),) = connection.execute(
        "select exists (select from ops.extraction where delivery_id = %s and sha256 = %s)",
        [delivery.delivery_id, delivery.sha256],
    ).fetchall()
    return bool(was_fetched)


def _entry(
    feed: str, sha256: str, business_date: date, mode: str, status: str, landed_at: datetime, *counts: int
) -> Entry:
    return Entry(feed, sha256, business_date, mode, status, landed_at, Counts(*counts))


def known_files(connection: psycopg.Connection) -> dict[tuple[str, str], KnownFile]:
    """Feed and file to what was landed under its name last."""
    rows = connection.execute(
        "select distinct on (feed, file_name) feed, file_name, sha256, landed_at from ops.delivery "
        "order by feed, file_name, business_date desc, sequence_no desc"
    ).fetchall()
    return {(feed, file_name): KnownFile(sha256, landed_at) for feed, file_name, sha256, landed_at in rows}


def latest_version(
    connection: psycopg.Connection, feed: str, sha256: str, file_name: str | None = None
) -> Version | None:
    """What was landed last of a feed, or of a file of it; of what was withdrawn only content with this digest
    counts, which would else be landed again."""
    row = connection.execute(
        "select delivery_id, sha256, business_date, sequence_no from ops.delivery "
        "where feed = %s and (status <> 'withdrawn' or sha256 = %s) and (%s::text is null or file_name = %s) "
        "order by business_date desc, sequence_no desc limit 1",
        [feed, sha256, file_name, file_name],
    ).fetchone()
    return Version(*row) if row else None


def record_delivery(
    connection: psycopg.Connection,
    delivery: Delivery,
    counts: Counts,
    landed_total: Decimal | None,
    rejected_total: Decimal | None,
    notice: str | None,
) -> None:
    """The ledger row. ``landed_at`` is the moment under the feed's lock, so it orders landings."""
    connection.execute(
        "insert into ops.delivery (delivery_id, system, feed, business_date, mode, sequence_no, file_name, "
        "sha256, layout_version, received_count, landed_count, rejected_count, repeated_count, "
        "control_total_yuan, landed_total_yuan, rejected_total_yuan, notice, landed_at) "
        "values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, clock_timestamp())",
        [
            delivery.delivery_id, delivery.system, delivery.feed, delivery.business_date, delivery.mode,
            delivery.sequence_no, delivery.file_name, delivery.sha256, delivery.layout_version,
            counts.received, counts.landed, counts.rejected, counts.repeated,
            delivery.control_total_yuan, landed_total, rejected_total, notice,
        ],
    )  # fmt: skip


def hold(connection: psycopg.Connection, delivery: Delivery, counts: Counts, limit: RejectLimit) -> None:
    """Hold a delivery whose rejected lines are above the limit; the reason stands with the gate's results."""
    connection.execute(
        "update ops.delivery set status = 'held' where delivery_id = %s", [delivery.delivery_id]
    )
    connection.execute(
        "insert into ops.gate_result (gate, subject, suite, expectation, description, severity, success, "
        "element_count, unexpected_count, observed) "
        "values ('landing', %s, %s, 'reject_limit', %s, 'critical', false, %s, %s, %s)",
        [
            delivery.delivery_id, f"landing.{delivery.feed}", "拒收的行超过契约所定限度，整份暂扣",
            counts.received, counts.rejected,
            Jsonb({"value": counts.rejected, "max_share": limit.share, "spared": limit.lines}),
        ],
    )  # fmt: skip


def take_back(connection: psycopg.Connection, delivery: Delivery, entry: Entry) -> None:
    """Take a held delivery out of the ledger, so that it can be landed again; what it was stays on record."""
    earlier = connection.execute(
        "select count(*) from ops.rejected_delivery where delivery_id = %s and reason_code like 'replayed%%'",
        [delivery.delivery_id],
    ).fetchone()
    number = earlier[0] + 1 if earlier else 1
    record_rejected_delivery(
        connection,
        delivery,
        DeliveryFault(
            f"replayed_{number}",
            f"{delivery.file_name}: was held (landed {entry.landed_at:%Y-%m-%d %H:%M}: "
            f"{entry.counts.received} lines, {entry.counts.rejected} rejected) and is landed again.",
        ),
    )
    connection.execute("delete from ops.rejected_row where delivery_id = %s", [delivery.delivery_id])
    connection.execute("delete from ops.delivery where delivery_id = %s", [delivery.delivery_id])


def record_rejected_delivery(
    connection: psycopg.Connection, delivery: Delivery, fault: DeliveryFault
) -> None:
    """Once per delivery, content and reason; seeing it again changes nothing."""
    _record_rejection(
        connection, delivery.delivery_id, delivery.sha256, delivery.system, delivery.feed,
        delivery.business_date, delivery.file_name, fault.reason_code, fault.reason,
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
