"""The main job: land and judge what the inbox holds, then build and publish it (``warehouse.pipeline.build``).

The command line and the Airflow DAGs call these functions; each may be run again at any time.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from expectations.gate import GateReport
from expectations.landing import gate_landing
from ingestion.contract import Contract, load_contracts
from ingestion.free_text import want_reason
from ingestion.input_views import ensure_views
from ingestion.landing import DeliveryResult, land_inbox
from ingestion.landing import replay as replay_delivery
from ingestion.line_columns import register as register_columns
from ingestion.raw_table import ensure_table
from ingestion.withdrawal import Withdrawal
from ingestion.withdrawal import withdraw as withdraw_delivery
from warehouse.alerting import alerts
from warehouse.database.connection import Warehouse
from warehouse.database.errors import UsageError
from warehouse.database.migrate import migrate
from warehouse.database.settings import BUREAU_TIME, settings
from warehouse.pipeline.build import Built, build_gate_publish, write_data_docs
from warehouse.pipeline.progress import Progress, no_progress

LANDING_ZH, GATE_ZH = "落地 land", "落地检查 gate"


@dataclass(frozen=True, kw_only=True)
class Run(Built):
    """What a run did: what became of the deliveries, those the gate holds, and what was built."""

    deliveries: list[DeliveryResult]
    held: list[GateReport]


def prepare(warehouse: Warehouse) -> dict[str, Contract]:
    """Migrate, register the feeds, make their raw tables and the views of the records. Returns the contracts."""
    migrate(warehouse)
    contracts = load_contracts()
    with warehouse.exclusive("prepare"), warehouse.connect("loader") as connection:
        for contract in contracts.values():
            for version in contract.versions:
                ensure_table(connection, version)
            connection.execute(
                """
                insert into ops.feed
                    (feed, system, title_zh, owner, stale_after_days, records, divisions, line_records)
                values (%s, %s, %s, %s, %s, %s, %s, %s)
                on conflict (feed) do update set
                    system = excluded.system, title_zh = excluded.title_zh, owner = excluded.owner,
                    stale_after_days = excluded.stale_after_days, records = excluded.records,
                    divisions = excluded.divisions, line_records = excluded.line_records
                where (feed.*) is distinct from (excluded.*)
                """,
                [
                    contract.feed, contract.system, contract.title, contract.owner, contract.stale_after_days,
                    list(contract.records), list(contract.divisions), list(contract.line_records),
                ],
            )  # fmt: skip
        # A feed that no contract describes any more fills nothing.
        connection.execute(
            "update ops.feed set records = '{}' where feed <> all(%s) and records <> '{}'", [list(contracts)]
        )
        ensure_views(connection, contracts)
        register_columns(connection, contracts)
    return contracts


def land(
    warehouse: Warehouse,
    inbox: Path,
    through: date | None = None,
    feeds: set[str] | None = None,
    progress: Progress = no_progress,
    since: date | None = None,
    is_dry_run: bool = False,
) -> list[DeliveryResult]:
    """Land everything complete and new in an inbox folder, of all feeds or of some."""
    if not inbox.is_dir():
        raise UsageError(
            f"{inbox} 不是目录。 {inbox} is no folder. --inbox wants the folder that holds <system>/<feed>/<day>."
        )
    contracts = prepare(warehouse)
    unknown = (feeds or set()) - set(contracts)
    if unknown:
        raise UsageError(
            "没有这个来源的契约。 "
            f"No contract for feed {', '.join(sorted(unknown))}. Known: {', '.join(contracts)}."
        )
    with warehouse.connect("loader") as connection:
        results = land_inbox(
            connection,
            contracts,
            inbox,
            through,
            lambda delivery_id, done, total: progress(f"{LANDING_ZH} {delivery_id}", done, total),
            feeds,
            since,
            is_dry_run,
        )
    look = None
    # A span of days may be filled up from another folder: what that lacks is not gone.
    if since is None and not is_dry_run:
        refused = [result.delivery_id for result in results if result.outcome == "rejected"]
        look = alerts.InboxLook(refused, None if feeds is None else sorted(feeds), through)
    alerts.update(warehouse, look=look)
    return results


def replay(warehouse: Warehouse, inbox: Path, delivery_id: str) -> DeliveryResult:
    """Land a delivery again that was held or refused."""
    contracts = prepare(warehouse)
    with warehouse.connect("loader") as connection:
        result = replay_delivery(connection, contracts, inbox, delivery_id)
    alerts.update(warehouse)
    return result


def gate_deliveries(
    warehouse: Warehouse, feeds: set[str] | None = None, progress: Progress = no_progress
) -> list[GateReport]:
    """Judge the landed deliveries that wait for it, of all feeds or of some; returns those now held."""
    with warehouse.connect() as connection:
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
        warehouse.engine("loader"),
        load_contracts(),
        waiting,
        progress=lambda done, total: progress(GATE_ZH, done, total),
    )
    held = [report for report in reports if not report.passed]
    if held:
        write_data_docs(warehouse)
        alerts.update(warehouse)
    return held


def accept(warehouse: Warehouse, delivery_id: str, reason: str, said_by: str | None = None) -> None:
    """Let a held delivery through on somebody's word (null or blank: the login's), which is kept with the gate's
    results."""
    with warehouse.connect() as connection:
        want_reason(connection, reason)
        changed = connection.execute(
            "update ops.delivery set status = 'accepted' where delivery_id = %s and status = 'held'",
            [delivery_id],
        ).rowcount
        if not changed:
            raise UsageError(
                f"{delivery_id} 不在暂扣之列。 "
                f"{delivery_id} is not held. `minzheng alert list` lists the deliveries that are."
            )
        connection.execute(
            """
            insert into ops.gate_result (gate, subject, suite, expectation, description, severity, success, said_by)
            values (
                'landing', %s, 'operator', 'accepted_by_operator', %s, 'info', true,
                coalesce(nullif(clean.as_seen(%s), ''), session_user)
            )
            """,
            [delivery_id, reason, said_by],
        )
    alerts.update(warehouse)


def withdraw(warehouse: Warehouse, delivery_id: str, reason: str, said_by: str | None = None) -> Withdrawal:
    """Take a landed delivery out of use, from the next build on, on the word of one person or, where the
    setting asks for four eyes, of two."""
    migrate(warehouse)
    with warehouse.connect("loader") as connection:
        people = 2 if settings().withdraw_four_eyes else 1
        withdrawal = withdraw_delivery(connection, delivery_id, reason, said_by, people)
    alerts.update(warehouse)
    return withdrawal


def last_full_day(interval_end: datetime | None) -> date | None:
    """The last business date that a schedule's interval covers, by the bureau's clock."""
    return interval_end.astimezone(BUREAU_TIME).date() - timedelta(days=1) if interval_end else None


def run(
    warehouse: Warehouse,
    inbox: Path,
    through: date | None = None,
    full_refresh: bool = False,
    progress: Progress = no_progress,
) -> Run:
    """The whole job over everything complete and new in an inbox. Run again, it changes nothing."""
    deliveries = land(warehouse, inbox, through, progress=progress)
    held = gate_deliveries(warehouse, progress=progress)
    built = build_gate_publish(warehouse, through, full_refresh, progress)
    return Run(**vars(built), deliveries=deliveries, held=held)
