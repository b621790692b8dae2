"""The main job and its steps: land, gate, build, link, rules, gate, publish.

The command line and the Airflow DAGs call these functions; each may be run again at any time.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import psycopg

from expectations.anomalies import gate_anomalies
from expectations.data_docs import render
from expectations.gate import GateReport
from expectations.landing import gate_landing
from expectations.release import gate_release
from ingestion.contract import Contract, load_contracts
from ingestion.landing import DeliveryResult, land_inbox
from ingestion.landing import replay as replay_delivery
from ingestion.linkage import Linkage, link
from ingestion.raw_table import ensure_table
from warehouse import alerts
from warehouse.config import BUREAU_TIME, PROJECT_ROOT, settings
from warehouse.database import acting_as, connect, engine, exclusive
from warehouse.dbt import PROJECT, run_dbt
from warehouse.errors import GateClosed, UsageError
from warehouse.migrate import migrate
from warehouse.publish import SOURCES, Publication, next_generation, publish

# Says which step is under way: title, work done, work in all (0 where it is not known).
Progress = Callable[[str, int, int], None]

STEPS = ("落地 land", "落地检查 gate", "清洗 staging", "人员识别 link", "集市与规则 marts and rules",
         "发布检查 gate", "发布 publish")  # fmt: skip
PROGRAM_FOLDERS = (
    PROJECT / "models", PROJECT / "macros", PROJECT / "seeds",
    PROJECT_ROOT / "warehouse" / "migrations" / "sql", PROJECT_ROOT / "ingestion" / "linkage",
)  # fmt: skip
PROGRAM_FILES = (".sql", ".yml", ".csv", ".py", ".json")
STAGING = ("--select", "stg_deliveries", "path:models/staging", "path:seeds", "int_person_mentions")
MARTS = ("--select", "path:models/intermediate", "path:models/marts", "path:models/rules",
         "--exclude", "int_person_mentions")  # fmt: skip


@dataclass(frozen=True)
class Run:
    """What a run did. publication is None where nothing new had to be built."""

    deliveries: list[DeliveryResult]
    held: list[GateReport]
    business_date: date | None
    linkage: Linkage | None = None
    anomalies: GateReport | None = None
    release: GateReport | None = None
    publication: Publication | None = None


def no_progress(title: str, done: int, total: int) -> None:
    """For callers who do not want to be told."""


def prepare(url: str) -> dict[str, Contract]:
    """Migrate, register the feeds and make their raw tables. Returns the contracts by feed."""
    migrate(url)
    contracts = load_contracts()
    with exclusive(url, "minzheng.prepare"), connect(acting_as(url, "loader")) as connection:
        for contract in contracts.values():
            ensure_table(connection, contract)
            connection.execute(
                """
                insert into ops.feed (feed, system, title_zh, owner, stale_after_days)
                values (%s, %s, %s, %s, %s)
                on conflict (feed) do update set
                    system = excluded.system, title_zh = excluded.title_zh, owner = excluded.owner,
                    stale_after_days = excluded.stale_after_days
                where (feed.system, feed.title_zh, feed.owner, feed.stale_after_days)
                    is distinct from
                    (excluded.system, excluded.title_zh, excluded.owner, excluded.stale_after_days)
                """,
                [contract.feed, contract.system, contract.title, contract.owner, contract.stale_after_days],
            )
    return contracts


def land(
    url: str,
    inbox: Path,
    through: date | None = None,
    feeds: set[str] | None = None,
    progress: Progress = no_progress,
    since: date | None = None,
    is_dry_run: bool = False,
) -> list[DeliveryResult]:
    """Land everything complete and new in an inbox folder, of all feeds or of some."""
    if not inbox.is_dir():
        raise UsageError(f"{inbox} is no folder. --inbox wants the folder that holds <system>/<feed>/<day>.")
    contracts = prepare(url)
    unknown = (feeds or set()) - set(contracts)
    if unknown:
        raise UsageError(f"No contract for feed {', '.join(sorted(unknown))}. Known: {', '.join(contracts)}.")
    with connect(acting_as(url, "loader")) as connection:
        results = land_inbox(
            connection,
            contracts,
            inbox,
            through,
            lambda delivery_id, done, total: progress(f"{STEPS[0]} {delivery_id}", done, total),
            feeds,
            since,
            is_dry_run,
        )
    alerts.update(url)
    return results


def replay(url: str, inbox: Path, delivery_id: str) -> DeliveryResult:
    """Land a delivery again that was held or refused."""
    contracts = prepare(url)
    with connect(acting_as(url, "loader")) as connection:
        result = replay_delivery(connection, contracts, inbox, delivery_id)
    alerts.update(url)
    return result


def gate_deliveries(
    url: str, feeds: set[str] | None = None, progress: Progress = no_progress
) -> list[GateReport]:
    """Judge the landed deliveries that wait for it, of all feeds or of some; returns those now held."""
    with connect(url) as connection:
        waiting = [
            delivery_id
            for delivery_id, feed in connection.execute(
                "select delivery_id, feed from ops.delivery where status = 'landed'"
            ).fetchall()
            if not feeds or feed in feeds
        ]
    if not waiting:
        return []
    reports = gate_landing(
        engine(acting_as(url, "loader")),
        load_contracts(),
        waiting,
        progress=lambda done, total: progress(STEPS[1], done, total),
    )
    held = [report for report in reports if not report.passed]
    if held:
        write_data_docs(url)
        alerts.update(url)
    return held


def accept(url: str, delivery_id: str, reason: str) -> None:
    """Let a held delivery through on an operator's word, which is kept with the gate's results."""
    with connect(url) as connection:
        changed = connection.execute(
            "update ops.delivery set status = 'accepted' where delivery_id = %s and status = 'held'",
            [delivery_id],
        ).rowcount
        if not changed:
            raise UsageError(f"{delivery_id} is not held. `minzheng status` lists the deliveries that are.")
        connection.execute(
            """
            insert into ops.gate_result (gate, subject, suite, expectation, description, severity, success)
            values ('landing', %s, 'operator', 'accepted_by_operator', %s, 'info', true)
            """,
            [delivery_id, reason],
        )
    alerts.update(url)


def last_full_day(interval_end: datetime | None) -> date | None:
    """The last business date that a schedule's interval covers, by the bureau's clock."""
    return interval_end.astimezone(BUREAU_TIME).date() - timedelta(days=1) if interval_end else None


def latest_business_date(connection: psycopg.Connection, through: date | None = None) -> date | None:
    """The last day an accepted delivery speaks of; the date the models are built for."""
    row = connection.execute(
        """
        select max(business_date) from ops.delivery
        where status = 'accepted' and business_date <= coalesce(%s::date, 'infinity')
        """,
        [through],
    ).fetchone()
    return row[0] if row else None


def deliveries_digest(connection: psycopg.Connection, business_date: date) -> str:
    """SHA-256 over the business date, the accepted deliveries up to it, decisions of people and reviews."""
    digest = hashlib.sha256(str(business_date).encode())
    for row in connection.execute(
        """
        select delivery_id, sha256 from ops.delivery
        where status = 'accepted' and business_date <= %s order by delivery_id
        """,
        [business_date],
    ).fetchall():
        digest.update("\t".join(row).encode())
    # Decisions and reviews move links and what rules say: a new one is news like a delivery.
    newest = connection.execute(
        """
        select (select max(decision_id) from ops.identity_decision),
            (select max(decision_id) from ops.finding_decision),
            (select md5(string_agg(review::text, ' ' order by resident_id, aid_type_code))
                from ops.last_review as review)
        """
    ).fetchone()
    digest.update(str(newest).encode())
    return digest.hexdigest()


def program_digest() -> str:
    """SHA-256 over everything that decides what the models make of a delivery."""
    digest = hashlib.sha256()
    for folder in PROGRAM_FOLDERS:
        for path in sorted(folder.rglob("*")):
            if path.suffix in PROGRAM_FILES:
                digest.update(path.relative_to(PROJECT_ROOT).as_posix().encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()


@dataclass(frozen=True)
class LastBuild:
    """The last build that went all the way to publishing."""

    business_date: date
    deliveries_digest: str
    program_digest: str


def last_build(connection: psycopg.Connection) -> LastBuild | None:
    row = connection.execute(
        """
        select business_date, deliveries_digest, program_digest
        from ops.build order by build_id desc limit 1
        """
    ).fetchone()
    return LastBuild(*row) if row else None


def build(
    url: str,
    business_date: date,
    generation: int,
    full_refresh: bool = False,
    progress: Progress = no_progress,
) -> Linkage:
    """Staging, linkage, marts and rules for a business date, meant for a generation."""
    variables = {"business_date": business_date, "generation": generation}
    options = ["--exclude-resource-type", "unit_test", *(["--full-refresh"] if full_refresh else [])]
    transformer = acting_as(url, "transformer")
    if full_refresh:
        with connect(transformer) as connection:
            _forget_marts(connection)
    run_dbt(
        transformer, "build", *options, *STAGING, variables=variables, progress=_named(progress, STEPS[2])
    )
    progress(STEPS[3], 0, 0)
    with connect(acting_as(url, "loader")) as connection:
        linkage = link(connection, anew=full_refresh)
    with connect(transformer) as connection:
        if not _marts_can_follow(connection):
            options = [*dict.fromkeys([*options, "--full-refresh"])]
    run_dbt(transformer, "build", *options, *MARTS, variables=variables, progress=_named(progress, STEPS[4]))
    with connect(transformer) as connection:
        _mark_marts(connection, business_date)
    return linkage


@dataclass(frozen=True)
class MartsMark:
    """For which day, and by which program, all marts were last built."""

    business_date: date
    program_digest: str


def marts_mark(connection: psycopg.Connection) -> MartsMark | None:
    row = connection.execute("select business_date, program_digest from ops.marts_mark").fetchone()
    return MartsMark(*row) if row else None


def _forget_marts(connection: psycopg.Connection) -> None:
    """Until all marts are built once more there is nothing to follow."""
    connection.execute("delete from ops.marts_mark")
    connection.execute("delete from ops.absorbed_delivery where model = 'marts'")


def _marts_can_follow(connection: psycopg.Connection) -> bool:
    """May the marts work out only what has news? Not before they were complete once, nor after a run
    that broke off among them: some would have followed, and others not."""
    row = connection.execute("select is_under_way from ops.marts_mark").fetchone()
    connection.execute("update ops.marts_mark set is_under_way = true")
    return row == (False,)


def _mark_marts(connection: psycopg.Connection, business_date: date) -> None:
    """The marts have taken in everything linked so far, for this day."""
    with connection.transaction():
        connection.execute("delete from ops.marts_mark")
        connection.execute(
            """
            insert into ops.marts_mark (event_id, business_date, program_digest)
            select coalesce(max(event_id), 0), %s, %s from ops.identity_event
            """,
            [business_date, program_digest()],
        )
        connection.execute(
            """
            insert into ops.absorbed_delivery (model, delivery_id)
            select 'marts', delivery_id from staging.stg_deliveries
            on conflict do nothing
            """
        )


def _named(progress: Progress, step: str) -> Callable[[int, int], None]:
    return lambda done, total: progress(step, done, total)


def write_data_docs(url: str) -> Path:
    """Render the results of all gates as one page that needs no network."""
    with connect(url) as connection:
        return render(connection, settings().docs_dir)


def gate_build(url: str, generation: int, progress: Progress = no_progress) -> tuple[GateReport, GateReport]:
    """The anomalies suite (flags only) and the release suite (may close the gate)."""
    database = engine(acting_as(url, "loader"))
    progress(STEPS[5], 0, 2)
    anomalies = gate_anomalies(database, generation)
    progress(STEPS[5], 1, 2)
    release = gate_release(database, generation, SOURCES)
    write_data_docs(url)
    progress(STEPS[5], 2, 2)
    return anomalies, release


def build_gate_publish(
    url: str,
    through: date | None = None,
    full_refresh: bool = False,
    progress: Progress = no_progress,
    compare_all: bool = False,
) -> Run:
    """Build, gate and publish where there is anything new; else nothing. Two builders take turns.

    compare_all: publish also without news, and compare every row with what is served.

    ``through`` limits what is taken in; without a full refresh time never runs backwards, so
    late deliveries of an earlier day change the picture of the last day built. Raises GateClosed
    where the release gate does not pass: the former generation stays.
    """
    with exclusive(url, "minzheng.build"):
        return _build_gate_publish(url, through, full_refresh, progress, compare_all)


def _build_gate_publish(
    url: str, through: date | None, full_refresh: bool, progress: Progress, compare_all: bool
) -> Run:
    with connect(url) as connection:
        business_date = latest_business_date(connection, through)
        if business_date is None:
            raise UsageError(
                "No accepted delivery to build from. Look at `minzheng status`: deliveries may be missing, "
                "rejected or held."
            )
        former, mark, program = last_build(connection), marts_mark(connection), program_digest()
        if not full_refresh:
            business_date = max([business_date, *(known.business_date for known in (former, mark) if known)])
        digest = deliveries_digest(connection, business_date)
        if mark is None or mark.program_digest != program:
            full_refresh = True  # rows made by another program must not stand beside new ones
        elif (
            former
            and (former.deliveries_digest, former.program_digest) == (digest, program)
            and not (full_refresh or compare_all)
        ):
            return Run([], [], business_date)
        generation = next_generation(connection)
    linkage = build(url, business_date, generation, full_refresh, progress)
    anomalies, release = gate_build(url, generation, progress)
    alerts.update(url)
    if not release.passed:
        failed = "；".join(result.description for result in release.closing)
        raise GateClosed(
            f"The release gate is closed for generation {generation}: {failed}. The former generation stays. "
            f"Details: {settings().docs_dir / 'index.html'} or ops.gate_result."
        )
    progress(STEPS[6], 0, 1)
    with connect(acting_as(url, "publisher")) as connection:
        publication = publish(connection, business_date, digest, compare_all)
        connection.execute(
            """
            insert into ops.build (business_date, deliveries_digest, program_digest, generation)
            values (%s, %s, %s, %s)
            """,
            [business_date, digest, program, publication.generation],
        )
    progress(STEPS[6], 1, 1)
    return Run([], [], business_date, linkage, anomalies, release, publication)


def run(
    url: str,
    inbox: Path,
    through: date | None = None,
    full_refresh: bool = False,
    progress: Progress = no_progress,
) -> Run:
    """The whole job over everything complete and new in an inbox. Run again, it changes nothing."""
    deliveries = land(url, inbox, through, progress=progress)
    held = gate_deliveries(url, progress=progress)
    built = build_gate_publish(url, through, full_refresh, progress)
    return Run(
        deliveries,
        held,
        built.business_date,
        built.linkage,
        built.anomalies,
        built.release,
        built.publication,
    )
