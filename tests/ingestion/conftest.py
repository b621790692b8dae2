"""Fixtures for landing: a small inbox and what must hold after every landing."""

from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from small_inbox import CONTRACTS, MARKERS, SmallInbox

from ingestion.landing import DeliveryResult, land_inbox

Land = Callable[[], list[DeliveryResult]]


@pytest.fixture
def inbox(tmp_path: Path) -> SmallInbox:
    return SmallInbox(tmp_path / "inbox")


@pytest.fixture
def land(connection: psycopg.Connection, inbox: SmallInbox) -> Iterator[Land]:
    """Lands the inbox; the invariants are asserted after every call and a last time at the end."""

    def run() -> list[DeliveryResult]:
        results = land_inbox(connection, CONTRACTS, inbox.root)
        check_invariants(connection)
        for result in results:
            assert not any(marker in (result.reason or "") for marker in MARKERS)
        return results

    yield run
    before = fingerprint(connection)
    run()
    assert fingerprint(connection) == before, "I3: a second run changed rows"


def fingerprint(connection: psycopg.Connection) -> dict[str, str]:
    """Digest of every row of raw and of the ledger, system columns included."""
    tables = connection.execute(
        "select schemaname || '.' || tablename from pg_tables where schemaname = 'raw' "
        "or (schemaname = 'ops' and tablename in ('delivery', 'rejected_row', 'rejected_delivery'))"
    ).fetchall()
    return {
        table: connection.execute(
            f"select md5(coalesce(string_agg(t.xmin::text || t::text, ',' order by t::text), '')) from {table} t"
        ).fetchall()[0][0]
        for (table,) in tables
    }


def check_invariants(connection: psycopg.Connection) -> None:
    """I1 to I3, and no planted person in what everybody may read."""
    deliveries = connection.execute(
        "select delivery_id, feed, received_count, landed_count, rejected_count, repeated_count, "
        "control_total_yuan, landed_total_yuan, rejected_total_yuan from ops.delivery"
    ).fetchall()
    for (
        delivery_id,
        feed,
        received,
        landed,
        rejected,
        repeated,
        control,
        landed_sum,
        rejected_sum,
    ) in deliveries:
        in_raw, flagged, distinct = connection.execute(
            f"select count(*), count(*) filter (where _is_repeat), count(distinct _line_number) "
            f"from raw.{feed} where _delivery_id = %s",
            [delivery_id],
        ).fetchall()[0]
        refused = connection.execute(
            "select count(*) from ops.rejected_row where delivery_id = %s", [delivery_id]
        ).fetchall()[0][0]
        assert received == landed + rejected + repeated, "I1"
        assert (in_raw, flagged, refused) == (landed + repeated, repeated, rejected), "I1"
        assert distinct == in_raw, "I3"
        if control is not None:
            assert landed_sum + rejected_sum == control, "I2"
        in_both = connection.execute(
            f"select count(*) from raw.{feed} r join ops.rejected_row x "
            "on (x.delivery_id, x.line_number) = (r._delivery_id, r._line_number)"
        ).fetchall()[0][0]
        assert in_both == 0
    told = connection.execute(
        "select coalesce(string_agg(d::text, ' '), '') from ops.rejected_delivery d"
    ).fetchall()
    assert not any(marker in told[0][0] for marker in MARKERS), "I10"
