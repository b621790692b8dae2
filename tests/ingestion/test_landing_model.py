"""Whatever is delivered, in whatever order, however often killed: the ledger is what a plain model says."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from invariants import check_invariants, fingerprint
from killing import landing_is_killed
from small_inbox import CONTRACTS, DAY, SmallInbox, line

from ingestion.contract import RejectLimit
from ingestion.landing import land_inbox, replay
from warehouse.database.connection import Warehouse

FEED = "entitlement"
LIMIT = RejectLimit(share=0.5, lines=1)
LIMITED = CONTRACTS | {FEED: replace(CONTRACTS[FEED], reject_limit=LIMIT)}
DAYS = [DAY + timedelta(days=n) for n in range(4)]
STEPS = (
    "ledger.lock_feed", "ledger.find", "landing.ensure_table", "landing._copy_lines", "landing.add_key",
    "versions.ensure", "landing_table.find_repeats", "landing_table.move_to_raw", "ledger.record_delivery",
    "ledger.record_rejected_delivery", "ledger.hold", "landing.land",
)  # fmt: skip
# Key, content and whether it can be read: few of each, so that repeats and changes are frequent.
Line = tuple[int, int, bool]
good = st.tuples(st.integers(1, 2), st.integers(1, 2), st.just(True))
bad = st.tuples(st.integers(1, 2), st.integers(1, 2), st.just(False))
# Mostly readable, or held: more than half of the lines rejected.
lines = st.one_of(
    st.lists(st.one_of(good, good, bad), max_size=6),
    st.tuples(bad, bad, bad, good, good).map(list),
)


@dataclass(frozen=True)
class Sent:
    """What lies in the folder of a day."""

    delivery_id: str
    day: date
    mode: str
    number: int
    lines: tuple[Line, ...]
    is_whole: bool = True


def expected(landed: list[Sent]) -> set[tuple]:
    """The ledger after these were landed one after the other: received, landed, rejected, repeated."""
    in_use: dict[int, int] = {}
    rows = set()
    for sent in landed:
        current, repeated = dict(in_use), 0
        readable = [(key, content) for key, content, is_readable in sent.lines if is_readable]
        for key, content in readable:
            repeated += current.get(key) == content
            current[key] = content
        received = len(sent.lines)
        rejected = received - len(readable)
        is_held = LIMIT.is_passed(received, rejected)
        if not is_held:
            in_use = current
        status = "held" if is_held else "landed"
        rows.add((sent.delivery_id, status, received, len(readable) - repeated, rejected, repeated))
    return rows


class Landing(RuleBasedStateMachine):
    database: Warehouse
    db: psycopg.Connection

    @initialize()
    def start(self) -> None:
        self.folder = TemporaryDirectory()
        self.inbox = SmallInbox(Path(self.folder.name) / "inbox")
        self.db.execute(
            "truncate ops.delivery, ops.rejected_delivery, ops.rejected_row, ops.line_version, ops.gate_result"
        )
        self.db.execute(f"drop table if exists raw.{FEED}")
        self.db.commit()
        self.sent: dict[date, Sent] = {}
        self.landed: list[Sent] = []

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            self.folder.cleanup()

    def waiting(self) -> list[Sent]:
        """What a run would land, in its order: whole, under a new id, without a twin."""
        known = {sent.delivery_id for sent in self.landed}
        new = [sent for sent in self.sent.values() if sent.is_whole and sent.delivery_id not in known]
        return sorted(new, key=lambda sent: (sent.day, sent.mode != "full", sent.number))

    @rule(
        day=st.sampled_from(DAYS),
        mode=st.sampled_from(["full", "delta"]),
        number=st.integers(1, 2),
        sent=lines,
    )
    def deliver(self, day: date, mode: str, number: int, sent: list[Line]) -> None:
        """A day's delivery, a late one, a later version of one, or other bytes under a known id."""
        written = [
            line(FEED, key, division_code=f"42020{content}", started_on="2025-06-01" if is_readable else "?")
            for key, content, is_readable in sent
        ]
        path = self.inbox.add(FEED, written, day=day, mode=mode, number=number)
        self.sent[day] = Sent(path.stem, day, mode, number, tuple(sent))

    @rule(day=st.sampled_from(DAYS))
    def break_off(self, day: date) -> None:
        """The file of a day is cut short while its manifest stays."""
        sent = self.sent.get(day)
        if sent is not None and sent.is_whole:
            path = self.inbox.folder(FEED, day) / f"{sent.delivery_id}.csv"
            path.write_bytes(path.read_bytes()[:-3])
            self.sent[day] = replace(sent, is_whole=False)

    @rule()
    def land(self) -> None:
        land_inbox(self.db, LIMITED, self.inbox.root)
        self.landed += self.waiting()

    @rule(step=st.sampled_from(STEPS), when=st.sampled_from(["before", "after"]), call=st.integers(1, 3))
    def kill(self, step: str, when: str, call: int) -> None:
        """What was committed before the end is there whole, what was not is not there at all."""
        landing_is_killed(self.database, self.inbox.root, step, when, call, LIMITED)
        waiting = self.waiting()
        found = self.ledger()
        states = [self.landed + waiting[:count] for count in range(len(waiting) + 1)]
        self.landed = next(state for state in states if expected(state) == found)

    @precondition(lambda self: any(row[1] == "held" for row in expected(self.landed)))
    @rule(choice=st.randoms(use_true_random=False))
    def replay(self, choice) -> None:  # type: ignore[no-untyped-def]
        """A held delivery is landed again, after all that was landed meanwhile."""
        held = {row[0] for row in expected(self.landed) if row[1] == "held"}
        lying = [sent for sent in self.sent.values() if sent.is_whole and sent in self.landed]
        lying = [sent for sent in lying if sent.delivery_id in held]
        if lying:
            sent = choice.choice(sorted(lying, key=lambda one: one.day))
            replay(self.db, LIMITED, self.inbox.root, sent.delivery_id)
            self.landed.remove(sent)
            self.landed.append(sent)  # and is compared with what is in use now

    def ledger(self) -> set[tuple]:
        return set(
            self.db.execute(
                "select delivery_id, status, received_count, landed_count, rejected_count, repeated_count "
                "from ops.delivery"
            ).fetchall()
        )

    @invariant()
    def the_ledger_is_what_the_model_says(self) -> None:
        if hasattr(self, "landed"):
            self.db.rollback()
            assert self.ledger() == expected(self.landed)
            check_invariants(self.db)

    @rule()
    def land_twice(self) -> None:
        self.land()
        before = fingerprint(self.db)
        land_inbox(self.db, LIMITED, self.inbox.root)
        assert fingerprint(self.db) == before


@pytest.fixture
def machine(landing_database: Warehouse, db: psycopg.Connection) -> type[Landing]:
    Landing.database, Landing.db = landing_database, db
    return Landing


@pytest.mark.parametrize("histories", [20, pytest.param(60, marks=pytest.mark.soak)])
def test_the_ledger_is_what_a_plain_model_says(machine: type[Landing], histories: int) -> None:
    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=histories,
            stateful_step_count=25,
            derandomize=True,  # the same histories in every run; others with another number of them
            suppress_health_check=list(HealthCheck),
        ),
    )
