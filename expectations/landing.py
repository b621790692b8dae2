"""Landing gate: is this delivery believable?

The suite is made from the feed's contract (``expectations.landing_suite``), so a new feed is
gated without Python. What makes a delivery unbelievable is critical and holds it (a full
delivery that lost a part of its lines, keys that are empty, codes nobody knows, most lines
unreadable); the rest is told as a warning. Single bad lines are the reader's business, bad
cases that of the rules.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, Engine, bindparam, text

from expectations.errors import CheckFault
from expectations.gate import GateReport, GateRunner, record
from ingestion.bureau import contract_folder, shown
from ingestion.contract import Contract

# Told after every delivery: how many are decided, of how many.
Progress = Callable[[int, int], None]


def no_progress(done: int, total: int) -> None:
    """For callers who do not want to be told."""


@dataclass(frozen=True)
class LandingLimits:
    """What the contract does not say, because it holds for every feed. Shares are 0 to 1.

    lines_changed: a full delivery differs by at most this share from the previous one, where the contract says
        nothing of it.
    enough_lines: with fewer lines a share says little: what would hold warns, what would warn is noted.
    volume_slack: lines by which any full delivery may differ from the previous one.
    delta_share: a delta of more than this share of the last full delivery is told.
    key_filled, codes_known, numbers_readable, lines_readable: below these the delivery is held.
    numbers_expected, lines_expected, dates_expected, amounts_expected: below these it is told.
    keys_repeated: lines of a full delivery that say something else about a key named before.
    days_ahead: an end may be announced; later than this after the business date is a mistake.
    newest_days: a full delivery whose newest change is older than this looks like an old copy.
    share_moved, mean_moved: the share of a code, and the mean of an amount (relative), may differ by as
        much from the last accepted full delivery.
    known_expected: share of lines whose reference the last build knows.
    standard_multiple: an amount above that many times the highest standard of its benefit has the
        wrong unit; a household of ten is paid ten standards.
    divisions_named: codes that are told of those that name no division, or a former one.
    """

    lines_changed: float = 0.5
    enough_lines: int = 50
    volume_slack: int = 20
    delta_share: float = 0.5
    key_filled: float = 0.8
    codes_known: float = 0.8
    numbers_readable: float = 0.5
    numbers_expected: float = 0.9
    lines_readable: float = 0.8
    lines_expected: float = 0.98
    dates_expected: float = 0.98
    amounts_expected: float = 0.98
    keys_repeated: float = 0.02
    days_ahead: int = 31
    newest_days: int = 62
    share_moved: float = 0.1
    mean_moved: float = 0.3
    known_expected: float = 0.95
    standard_multiple: int = 10
    divisions_named: int = 5


@dataclass(frozen=True)
class Landed:
    """A landed delivery as the ledger has it.

    lines: those in ``raw.<feed>``. previous_lines, previous_id: lines and id of the last accepted
    full delivery of the feed before this one, null where there is none. standing_lines: its lines and
    those accepted after it, of which a full delivery closes what it does not name. marts: the tables
    of the last build.
    """

    delivery_id: str
    feed: str
    mode: str
    business_date: date
    received: int
    rejected: int
    lines: int
    previous_lines: int | None
    previous_id: str | None
    standing_lines: int
    marts: tuple[str, ...]


LANDED = text("""
select
    landed.delivery_id,
    landed.feed,
    landed.mode,
    landed.business_date,
    landed.received_count as received,
    landed.rejected_count as rejected,
    landed.landed_count + landed.repeated_count as lines,
    previous.lines as previous_lines,
    previous.delivery_id as previous_id,
    standing.lines as standing_lines,
    array(select 'marts.' || tablename from pg_tables where schemaname = 'marts') as marts
from ops.delivery as landed
left join lateral (
    select
        earlier.delivery_id, earlier.business_date, earlier.sequence_no,
        earlier.landed_count + earlier.repeated_count as lines
    from ops.delivery as earlier
    where
        earlier.feed = landed.feed
        and earlier.mode = 'full'
        and earlier.status = 'accepted'
        and (earlier.business_date, earlier.sequence_no) < (landed.business_date, landed.sequence_no)
    order by earlier.business_date desc, earlier.sequence_no desc, earlier.landed_at desc
    limit 1
) as previous on true
cross join lateral (
    select coalesce(sum(earlier.landed_count + earlier.repeated_count), 0)::integer as lines
    from ops.delivery as earlier
    where
        earlier.feed = landed.feed
        and earlier.status = 'accepted'
        and (earlier.business_date, earlier.sequence_no) < (landed.business_date, landed.sequence_no)
        and (
            previous.delivery_id is null
            or (earlier.business_date, earlier.sequence_no) >= (previous.business_date, previous.sequence_no)
        )
) as standing
where landed.delivery_id = :delivery_id
""")

WAITING = """
select delivery_id from ops.delivery
where status = 'landed' {chosen}
order by feed, business_date, (mode = 'delta'), sequence_no, landed_at, delivery_id
"""

DECIDE = text(
    "update ops.delivery set status = :status where delivery_id = :delivery_id and status = 'landed'"
)


def gate_landing(
    engine: Engine,
    contracts: Mapping[str, Contract],
    delivery_ids: list[str] | None = None,
    limits: LandingLimits = LandingLimits(),
    progress: Progress = no_progress,
) -> list[GateReport]:
    """Check every delivery that waits (of delivery_ids, else all) and accept or hold it.

    Feeds in turn, each in the order of business dates: a full delivery is compared with the
    last accepted one. Decision and counts are committed together, delivery by delivery, so a
    run that was cut off goes on where it stopped. A delivery whose feed has no contract or of
    which an expectation cannot be evaluated goes on waiting and costs the others nothing:
    CheckFault tells of all of these at the end.
    """
    waiting = _waiting(engine, delivery_ids)
    if not waiting:
        return []
    reports, faults = [], []
    with GateRunner(engine) as runner, engine.connect() as connection:
        for number, delivery_id in enumerate(waiting, start=1):
            try:
                reports.append(_decide(connection, runner, contracts, delivery_id, limits))
            except CheckFault as fault:
                faults.append(f"{delivery_id}: {fault}")
            progress(number, len(waiting))
    if faults:
        raise CheckFault(" ".join(faults))
    return reports


def _decide(
    connection: Connection,
    runner: GateRunner,
    contracts: Mapping[str, Contract],
    delivery_id: str,
    limits: LandingLimits,
) -> GateReport:
    with connection.begin():
        landed = Landed(**connection.execute(LANDED, {"delivery_id": delivery_id}).mappings().one())
    if landed.feed not in contracts:
        raise CheckFault(
            f"没有这个来源的契约。 There is no contract for feed {landed.feed} in {shown(contract_folder())}."
        )
    report = check_delivery(runner, contracts[landed.feed].on(landed.business_date), landed, limits)
    with connection.begin():
        record(connection, report)
        status = "accepted" if report.passed else "held"
        connection.execute(DECIDE, {"delivery_id": delivery_id, "status": status})
    return report


def _waiting(engine: Engine, delivery_ids: list[str] | None) -> list[str]:
    with engine.connect() as connection:
        if delivery_ids is None:
            return list(connection.execute(text(WAITING.format(chosen=""))).scalars())
        chosen = text(WAITING.format(chosen="and delivery_id in :delivery_ids"))
        query = chosen.bindparams(bindparam("delivery_ids", expanding=True))
        return list(connection.execute(query, {"delivery_ids": delivery_ids}).scalars())


def check_delivery(
    runner: GateRunner, contract: Contract, landed: Landed, limits: LandingLimits = LandingLimits()
) -> GateReport:
    """Validate one delivery, without deciding about it."""
    from expectations.landing_suite import landing_batch

    batch = landing_batch(contract, landed, limits)
    return GateReport("landing", landed.delivery_id, batch.name, tuple(runner.run(batch.name, [batch])))
