"""Fixtures for landing: a small inbox and what must hold after every landing."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from invariants import check_invariants, fingerprint
from landing_database import emptied
from small_inbox import CONTRACTS, MARKERS, Land, SmallInbox
from templates import NewDatabase

from ingestion.input_views import ensure_views
from ingestion.landing import DeliveryResult, land_inbox
from ingestion.raw_table import ensure_table
from ingestion.records import canonical_records
from warehouse.database.connection import Warehouse


@pytest.fixture(scope="session")
def landing_database(new_database: NewDatabase, migrated: Warehouse) -> Warehouse:
    """One migrated database for all landing tests of a worker; `db` empties it before each."""
    return new_database(migrated)


@pytest.fixture
def db(landing_database: Warehouse) -> Iterator[psycopg.Connection]:
    """A connection to a database in which nothing has been landed yet."""
    with emptied(landing_database) as connection:
        yield connection


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


@pytest.fixture
def views(db: psycopg.Connection) -> Iterator[psycopg.Connection]:
    """The database of lines, without the views of records that a test makes over them."""
    yield db
    db.rollback()
    for record in canonical_records():
        db.execute(f"drop view if exists input.{record}")
    db.commit()


@pytest.fixture
def records(views: psycopg.Connection) -> psycopg.Connection:
    """The same with the views of the contracts there are."""
    for contract in CONTRACTS.values():
        ensure_table(views, contract)
    ensure_views(views, CONTRACTS)
    views.commit()
    return views
