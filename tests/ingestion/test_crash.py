"""A landing that is killed at any step, runs beside another or loses its server heals by running again.

The killed process is a real one and dies by SIGKILL; the fixture ``land`` then asserts I1 to I3.
"""

import importlib
import resource
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import psycopg
import pytest
from invariants import check_invariants
from killing import landing_is_killed
from small_inbox import CONTRACTS, Land, SmallInbox, line

from ingestion import landing, rejects
from ingestion.errors import IngestionError
from ingestion.landing import land_inbox
from warehouse.database.connection import Warehouse
from warehouse.database.migrate import migrate
from warehouse.database.server import EmbeddedServer

NEXT_DAY = date(2025, 6, 26)

# Where the process dies: function, before or after it, and at which of its calls. The second call
# belongs to the next day's delivery, which goes by way of a temporary table.
POINTS = [
    ("ledger.entries", "after", 1),
    ("ledger.lock_feed", "before", 1),
    ("ledger.lock_feed", "after", 1),
    ("landing._sealed", "after", 1),
    ("ledger.find", "after", 1),
    ("landing.read", "after", 1),
    ("landing.ensure_table", "after", 1),
    ("landing.prepare_first_load", "after", 1),
    ("judge.Judge.faults", "before", 1),
    ("judge.Judge.faults", "after", 1),
    ("reading.stream.CopyText.plain", "after", 1),
    ("rejects.Rejects.add", "after", 1),
    ("landing._copy_lines", "after", 1),
    ("landing._check_row_count", "after", 1),
    ("landing.check_control_total", "after", 1),
    ("landing.add_key", "after", 1),
    ("landing_table.flag_repeats", "after", 1),
    ("ledger.record_delivery", "before", 1),
    ("ledger.record_delivery", "after", 1),
    ("rejects.Rejects.record", "before", 1),
    ("rejects.Rejects.record", "after", 1),
    ("landing._result", "after", 1),
    ("landing.land", "after", 1),
    ("ledger.lock_feed", "after", 2),
    ("landing_table.create", "after", 1),
    ("landing._copy_lines", "after", 2),
    ("versions.ensure", "after", 1),
    ("landing_table.find_repeats", "after", 1),
    ("landing_table.move_to_raw", "after", 1),
    ("landing_table.keep_versions", "after", 1),
    ("ledger.record_delivery", "after", 2),
    ("landing.land", "after", 2),
    ("ledger.record_rejected_delivery", "before", 1),
    ("ledger.record_rejected_delivery", "after", 1),
    ("ledger.hold", "after", 1),
]


def fill(inbox: SmallInbox) -> None:
    """Two days with rejects and repeats, one delivery that is refused and one that is held."""
    lines = [line("payment", n) for n in range(1, 6)]
    inbox.add("payment", [*lines, lines[0], line("payment", 9, paid_on="?")])
    inbox.add("payment", [*lines[:3], line("payment", 7), line("payment", 8, case_no="")], day=NEXT_DAY)
    inbox.add("vehicle", [line("vehicle", 1)], states={"rows": 5})
    inbox.add("stay", [line("stay", n, entered_on="?") for n in range(30)], day=NEXT_DAY)


HEALED = {
    ("payment_20250625_full_01", "landed", 7, 5, 1, 1),
    ("payment_20250626_full_01", "landed", 5, 1, 1, 3),
    ("stay_20250626_full_01", "held", 30, 0, 30, 0),
}


def ledger_rows(db: psycopg.Connection) -> set[tuple]:
    return set(
        db.execute(
            "select delivery_id, status, received_count, landed_count, rejected_count, repeated_count "
            "from ops.delivery"
        ).fetchall()
    )


@pytest.mark.parametrize(("step", "when", "call"), POINTS, ids=[f"{s}-{w}-{c}" for s, w, c in POINTS])
def test_killed(
    inbox: SmallInbox,
    land: Land,
    db: psycopg.Connection,
    landing_database: Warehouse,
    step: str,
    when: str,
    call: int,
) -> None:
    fill(inbox)
    db.execute("truncate ops.gate_result")
    db.commit()
    assert landing_is_killed(landing_database, inbox.root, step, when, call), "the step was never reached"
    land()
    check_invariants(db)
    assert ledger_rows(db) == HEALED
    assert db.execute("select count(*) from ops.gate_result").fetchone() == (1,)
    assert db.execute("select reason_code from ops.rejected_delivery").fetchall() == [("row_count",)]


def test_two_at_once(
    inbox: SmallInbox,
    land: Land,
    db: psycopg.Connection,
    landing_database: Warehouse,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One works while the other waits for the feed's lock, then finds everything landed."""
    fill(inbox)
    original = landing._sealed

    def slowly(*arguments: object) -> object:
        deadline = time.monotonic() + 20
        waiting = """
            select exists(
                select 1 from pg_stat_activity
                where wait_event = 'transactionid' and datname = current_database()
            )
        """
        with psycopg.connect(landing_database.address, autocommit=True) as observer:
            while observer.execute(waiting).fetchone() == (False,) and not seen.is_set():
                assert time.monotonic() < deadline, "the other run never waited"
                time.sleep(0.01)
        seen.set()
        return original(*arguments)  # type: ignore[arg-type]

    seen = threading.Event()
    outcomes: list[dict[str, str]] = []

    def work() -> None:
        with landing_database.connect() as connection:
            results = land_inbox(connection, CONTRACTS, inbox.root)
        outcomes.append({result.delivery_id: result.outcome for result in results})

    with monkeypatch.context() as patch:
        patch.setattr(landing, "_sealed", slowly)
        threads = [threading.Thread(target=work) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert seen.is_set()
    for delivery_id, status, *_ in HEALED:
        assert sorted(outcome[delivery_id] for outcome in outcomes) == sorted([status, "skipped"])
    land()
    assert ledger_rows(db) == HEALED


@pytest.fixture
def own_server(open_folder: Path) -> Iterator[EmbeddedServer]:
    """A server of its own: the others must not feel it restart."""
    server = EmbeddedServer(open_folder)
    server.start()
    yield server
    server.stop()


@pytest.mark.database
def test_server_restarts_in_the_middle(
    inbox: SmallInbox, own_server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(inbox)
    migrate(own_server.warehouse)

    def restart_then(original: Callable[..., object]) -> Callable[..., object]:
        def wrapper(*arguments: object, **named: object) -> object:
            own_server.stop()
            own_server.start()
            return original(*arguments, **named)

        return wrapper

    for step in ("ledger.record_delivery", "landing_table.flag_repeats"):
        with monkeypatch.context() as patch:
            module = importlib.import_module(f"ingestion.{step.partition('.')[0]}")
            name = step.partition(".")[2]
            patch.setattr(module, name, restart_then(getattr(module, name)))
            with (
                pytest.raises((IngestionError, psycopg.OperationalError)),
                own_server.warehouse.connect() as connection,
            ):
                land_inbox(connection, CONTRACTS, inbox.root)
        with own_server.warehouse.connect() as connection:
            assert ledger_rows(connection) == set()
    with own_server.warehouse.connect() as connection:
        land_inbox(connection, CONTRACTS, inbox.root)
        check_invariants(connection)
        assert ledger_rows(connection) == HEALED


@contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    """No file of this process, or of one started meanwhile, may grow beyond this (bytes)."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


@pytest.mark.database
def test_no_room_for_the_data(inbox: SmallInbox, own_server: EmbeddedServer) -> None:
    """A server that cannot write on: nothing of the delivery, a clear word, and the next run heals."""
    lines = [line("payment", n) for n in range(150_000)]
    inbox.add("payment", lines)
    migrate(own_server.warehouse)
    own_server.stop()
    with file_size_limit(17 << 20):  # what it starts inherits it: a table cannot grow, as on a full disk
        own_server.start()
    with own_server.warehouse.connect() as connection, pytest.raises(IngestionError) as caught:
        land_inbox(connection, CONTRACTS, inbox.root)
    own_server.stop()
    own_server.start()
    assert "Nothing of this delivery was landed" in str(caught.value)
    with own_server.warehouse.connect() as connection:
        assert ledger_rows(connection) == set()
        land_inbox(connection, CONTRACTS, inbox.root)
        check_invariants(connection)
        assert ledger_rows(connection) == {("payment_20250625_full_01", "landed", 150_000, 150_000, 0, 0)}


def test_no_room_for_the_rejected_lines(
    inbox: SmallInbox, land: Land, db: psycopg.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They wait in a file of ours; a disk that takes no more of it lands nothing."""
    monkeypatch.setattr(rejects, "KEPT_IN_MEMORY", 100)
    inbox.add("payment", [line("payment", n, paid_on="?") for n in range(2000)])
    with file_size_limit(4096), pytest.raises(IngestionError) as caught:
        land_inbox(db, CONTRACTS, inbox.root)
    assert "Nothing was landed" in str(caught.value)
    assert ledger_rows(db) == set()
    land()
    assert ledger_rows(db) == {("payment_20250625_full_01", "held", 2000, 0, 2000, 0)}
