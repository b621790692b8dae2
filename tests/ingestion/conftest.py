"""Fixtures for landing: a small inbox and what must hold after every landing."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from small_inbox import CONTRACTS, MARKERS, Land, SmallInbox

from ingestion.landing import DeliveryResult, land_inbox
from warehouse.database import connect
from warehouse.migrate import migrate


@pytest.fixture(scope="session")
def landing_url(server_url: str) -> Iterator[str]:
    """One migrated database for all landing tests; `db` empties it before each."""
    name = f"test_landing_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    url = server_url.rsplit("/", 1)[0] + f"/{name}"
    migrate(url)
    yield url
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture
def db(landing_url: str) -> Iterator[psycopg.Connection]:
    """A connection to a database in which nothing has been landed yet."""
    with connect(landing_url) as connection:
        connection.execute("truncate ops.delivery, ops.rejected_delivery, ops.rejected_row")
        for (table,) in connection.execute(
            "select tablename from pg_tables where schemaname = 'raw'"
        ).fetchall():
            connection.execute(sql.SQL("drop table {}").format(sql.Identifier("raw", table)))
        connection.commit()
        yield connection
        connection.rollback()


@pytest.fixture
def inbox(tmp_path: Path) -> SmallInbox:
    return SmallInbox(tmp_path / "inbox")


@pytest.fixture
def land(db: psycopg.Connection, inbox: SmallInbox) -> Iterator[Land]:
    """Lands the inbox; the invariants are asserted after every call and a last time at the end."""

    def run() -> list[DeliveryResult]:
        results = land_inbox(db, CONTRACTS, inbox.root)
        check_invariants(db)
        for result in results:
            assert not any(marker in (result.reason or "") for marker in MARKERS)
        return results

    yield run
    before = fingerprint(db)
    run()
    assert fingerprint(db) == before, "I3: a second run changed rows"


def fingerprint(db: psycopg.Connection) -> dict[str, str]:
    """Digest of every row of raw and of the ledger, system columns included."""
    tables = db.execute(
        "select schemaname || '.' || tablename from pg_tables where schemaname = 'raw' "
        "or (schemaname = 'ops' and tablename in ('delivery', 'rejected_row', 'rejected_delivery'))"
    ).fetchall()
    return {
        table: db.execute(
            f"select md5(string_agg(row.xmin::text || row::text, ',' order by row::text)) from {table} as row"
        ).fetchall()[0][0]
        for (table,) in tables
    }


def check_invariants(db: psycopg.Connection) -> None:
    """I1 to I3, and no planted person in what everybody may read."""
    deliveries = db.execute(
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
        in_raw, flagged, distinct = db.execute(
            f"select count(*), count(*) filter (where _is_repeat), count(distinct _line_number) "
            f"from raw.{feed} where _delivery_id = %s",
            [delivery_id],
        ).fetchall()[0]
        refused = db.execute(
            "select count(*) from ops.rejected_row where delivery_id = %s", [delivery_id]
        ).fetchall()[0][0]
        assert received == landed + rejected + repeated, "I1"
        assert (in_raw, flagged, refused) == (landed + repeated, repeated, rejected), "I1"
        assert distinct == in_raw, "I3"
        if control is not None:
            assert landed_sum + rejected_sum == control, "I2"
        in_both = db.execute(
            f"select count(*) from raw.{feed} r join ops.rejected_row x "
            "on (x.delivery_id, x.line_number) = (r._delivery_id, r._line_number)"
        ).fetchall()[0][0]
        assert in_both == 0
    told = db.execute("select coalesce(string_agg(d::text, ' '), '') from ops.rejected_delivery d").fetchall()
    assert not any(marker in told[0][0] for marker in MARKERS), "I10"
