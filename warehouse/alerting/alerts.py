"""Alerts: what somebody should look at (``ops.alert``), opened and closed by comparing causes.

Every step of the pipeline asks for the causes anew: one that is new opens an alert, one that is
gone closes it, and one that stays renews the words of its alert. No alert names a person.
"""

import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import psycopg
from croniter import croniter
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from expectations.errors import CheckFault
from ingestion.contract import Contract, load_contracts
from ingestion.errors import REFUSALS_ZH, IngestionError, RequestError
from ingestion.turns import take_turn
from warehouse.alerting.machine import here, observed
from warehouse.alerting.notify import Notice, channels, send
from warehouse.database.connection import Warehouse
from warehouse.database.errors import GateClosed, MinzhengError, UsageError
from warehouse.database.settings import BUREAU_TIME, settings

LOGGER = logging.getLogger("minzheng.alerts")
# For another program that sends.
SENDING_WAIT_SECONDS = 30

# The gravest first.
KINDS_ZH = {
    "pipeline_failed": "运行失败",
    "gate_closed": "发布检查未通过",
    "delivery_held": "整份暂扣",
    "delivery_refused": "整份拒收",
    "late_feed": "迟交",
    "inbox_stray": "无人读取",
    "callback_failed": "回调失败",
    "findings_jump": "疑点数突变",
    "backup_old": "备份过期",
    "disk_low": "磁盘将满",
    "log_unanchored": "日志未锚定",
    "emergency_access": "应急登录",
    "certificate_ends": "证书将到期",
}

CAUSES = (Path(__file__).parent / "causes.sql").read_text(encoding="utf-8")

# Seen by a program at its machine; no table holds the cause.
OF_MACHINES = ("backup_old", "disk_low", "log_unanchored", "certificate_ends")

# Failures are told by whoever saw them: no table holds their cause.
COMPARE = f"""
with

looked_at as (
    select * from jsonb_to_recordset(%(observed)s) as looked_at (kind text, subject text, detail text, extent numeric)
),

cause as (
    {CAUSES}
    union all
    select kind, subject, detail, extent from looked_at where detail is not null
),

closed as (
    update ops.alert as alert set closed_at = now()
    where closed_at is null and kind <> 'pipeline_failed'
        -- What another machine has seen is that machine's to close; what this one's settings name no more, is closed.
        and (kind <> all(%(of_machines)s) or starts_with(subject, %(here)s))
        and not exists (
            select from cause where (cause.kind, cause.subject) = (alert.kind, alert.subject)
        )
)

insert into ops.alert as alert (kind, subject, detail, extent)
select kind, subject, detail, extent from cause
on conflict (kind, subject) where closed_at is null do update set detail = excluded.detail, extent = excluded.extent
where (alert.detail, alert.extent) is distinct from (excluded.detail, excluded.extent)
"""

# Refusals that a landing has looked for and not met again.
GONE = """
update ops.alert as alert set closed_at = now()
where closed_at is null and kind = 'delivery_refused' and subject <> all(%(refused)s)
    and exists (
        select from ops.rejected_delivery as refused
        where refused.delivery_id = alert.subject
            -- What is of no known feed every landing has looked for.
            and (
                %(feeds)s::text[] is null or feed = any(%(feeds)s)
                or not exists (select from ops.feed as known where known.feed = refused.feed)
            )
            and (%(through)s::date is null or business_date is null or business_date <= %(through)s)
    )
"""

# Not sent yet by the channel, or so much worse since that it is sent again.
UNSENT = """
select alert_id from ops.alert as alert
where closed_at is null and not exists (
    select from ops.alert_notice as notice
    where notice.alert_id = alert.alert_id and notice.channel = %s
        -- told before extents were kept: once more
        and not coalesce(
            alert.extent >= %s * coalesce(notice.extent, 0) and alert.extent > coalesce(notice.extent, 0), false
        )
)
"""


@dataclass(frozen=True)
class Alert:
    """One row of ``ops.alert``.

    extent: how bad it is, in the unit of its kind: days late, checks failed, findings beyond the
    limit; null where nothing can be compared.
    """

    alert_id: int
    kind: str
    subject: str
    detail: str
    raised_at: datetime
    closed_at: datetime | None
    extent: Decimal | None

    def __str__(self) -> str:
        return f"{KINDS_ZH[self.kind]} {self.subject}: {self.detail}"


@dataclass(frozen=True)
class InboxLook:
    """What a landing met in the inbox: refused are the ids of the deliveries refused whole.

    It looked at these feeds, and up to this business date; null for all.
    """

    refused: list[str]
    feeds: list[str] | None
    through: date | None


def due_day(contract: Contract, now: datetime) -> date:
    """The last business date whose delivery the schedule has already come for.

    A run of the schedule takes in what is dated before its day (``pipeline.last_full_day``).
    """
    ticked = croniter(contract.schedule, now.astimezone(BUREAU_TIME)).get_prev(datetime)
    return ticked.date() - timedelta(days=1)


def compare(
    connection: psycopg.Connection,
    contracts: Mapping[str, Contract],
    now: datetime,
    look: InboxLook | None = None,
) -> None:
    """Open an alert for every new cause, renew the words of those that stay, close the others.

    A feed is late when its schedule has come for a business date it has not delivered and the
    newest it did deliver is older than the contract's freshness. Feeds without one are never late,
    and nobody is before a first delivery came while its day was fresh. A refusal is gone once a
    delivery of its feed and day has landed, or a landing no longer meets it in the inbox.
    """
    if look is not None:
        connection.execute(GONE, vars(look))
    due = {
        contract.feed: due_day(contract, now)
        for contract in contracts.values()
        if contract.stale_after_days is not None
    }
    connection.execute(
        COMPARE.encode(),
        {
            "feeds": list(due),
            "due_on": list(due.values()),
            "today": now.astimezone(BUREAU_TIME).date(),
            "timezone": BUREAU_TIME.key,
            "refused_now": look.refused if look else [],
            "refusals": Jsonb(REFUSALS_ZH),
            "observed": Jsonb([asdict(thing) for thing in observed(now.astimezone(UTC))]),
            "of_machines": list(OF_MACHINES),
            "here": here(),
        },
    )


def open_alerts(connection: psycopg.Connection) -> list[Alert]:
    """The alerts whose cause still stands, the gravest kind first."""
    with connection.cursor(row_factory=class_row(Alert)) as cursor:
        return cursor.execute(
            "select * from ops.alert where closed_at is null order by array_position(%s, kind), raised_at, subject",
            [list(KINDS_ZH)],
        ).fetchall()


def all_alerts(connection: psycopg.Connection, limit: int = 200) -> list[Alert]:
    """The newest alerts, open and closed."""
    with connection.cursor(row_factory=class_row(Alert)) as cursor:
        return cursor.execute("select * from ops.alert order by alert_id desc limit %s", [limit]).fetchall()


def update(warehouse: Warehouse, now: datetime | None = None, look: InboxLook | None = None) -> int:
    """Compare the causes and tell the configured channels what is new.

    now: the time lateness is judged by; the clock's where none is given. look: what a landing met
    just now. Returns the number of messages sent.
    """
    with warehouse.connect() as connection:
        compare(connection, load_contracts(), now or datetime.now(BUREAU_TIME), look)
    return send_new(warehouse)


def send_new(warehouse: Warehouse) -> int:
    """Send every open alert to each configured channel; returns the number of messages sent.

    Once, and again when its extent has grown by the factor of the settings since. A channel that
    fails is only logged and tried again with the next step.
    """
    sent = 0
    for channel in channels():
        with warehouse.connect() as connection:
            # Two programs must not send the same alert: what the other has not seen goes with the next step.
            try:
                take_turn(connection, "alert", SENDING_WAIT_SECONDS)
            except IngestionError as error:
                LOGGER.warning("%s", error)
                break
            due = connection.execute(UNSENT, [channel, settings().alert_again_factor]).fetchall()
            unsent = [alert for alert in open_alerts(connection) if (alert.alert_id,) in due]
            if not unsent or not send(channel, [_notice(alert) for alert in unsent]):
                continue
            connection.execute(
                """
                insert into ops.alert_notice (alert_id, channel, extent)
                select alert_id, %s, extent from unnest(%s::bigint[], %s::numeric[]) as sent (alert_id, extent)
                """,
                [channel, [alert.alert_id for alert in unsent], [alert.extent for alert in unsent]],
            )
            sent += 1
    return sent


def _notice(alert: Alert) -> Notice:
    return Notice(alert.kind, alert.subject, str(alert), alert.raised_at)


def raise_failure(warehouse: Warehouse, subject: str, error: BaseException) -> None:
    """Open the alert that a job failed, and send it.

    A closed gate has its own alert. Of foreign errors only the kind is told: their text may hold
    values. Where the database cannot be reached the alert is sent without being kept.
    """
    if isinstance(error, GateClosed):
        return
    try:
        with warehouse.connect() as connection:
            connection.execute(
                """
                insert into ops.alert as alert (kind, subject, detail) values ('pipeline_failed', %s, %s)
                on conflict (kind, subject) where closed_at is null do update set detail = excluded.detail
                where alert.detail <> excluded.detail
                """,
                [subject, _told(error)],
            )
        send_new(warehouse)
    except (MinzhengError, psycopg.Error):
        send_unkept(subject, error)


def send_unkept(subject: str, error: BaseException) -> None:
    """Send that a job failed, where there is no database to keep the alert in."""
    text = f"{KINDS_ZH['pipeline_failed']} {subject}: {_told(error)}"
    for channel in channels():
        send(channel, [Notice("pipeline_failed", subject, text, datetime.now(BUREAU_TIME))])


def _told(error: BaseException) -> str:
    is_ours = isinstance(error, MinzhengError | IngestionError | CheckFault)
    return str(error) if is_ours else type(error).__name__


def close_failure(warehouse: Warehouse, subject: str) -> None:
    """Close the alert that a job failed: it has now done its work."""
    with warehouse.connect() as connection:
        connection.execute(
            """
            update ops.alert set closed_at = now()
            where kind = 'pipeline_failed' and subject = %s and closed_at is null
            """,
            [subject],
        )


@contextmanager
def failure_raises_alert(warehouse: Warehouse, subject: str) -> Iterator[None]:
    """A failure inside opens an alert and goes on its way; an end without one closes it.

    Who asks for what cannot be done reads so at once where there is a terminal: no alert. Without one nobody
    is there to read (an inbox that is not mounted, a build that another program began), night after night.
    """
    try:
        yield
    except (RequestError, UsageError) as error:
        if not sys.stderr.isatty():
            raise_failure(warehouse, subject, error)
        raise
    except Exception as error:
        raise_failure(warehouse, subject, error)
        raise
    close_failure(warehouse, subject)
