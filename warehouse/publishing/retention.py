"""Retention: what may go, and after how long (``MINZHENG_KEEP_*``). What nobody set a period for stays.

Never touched: ``raw``, the ledger, identities, decisions, alerts, the log of verification, and every
generation at which an answer was given, so that each answer can be made again for ever.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
from psycopg import sql

from warehouse.database.connection import Warehouse
from warehouse.database.errors import UsageError
from warehouse.database.migrate import migrate
from warehouse.database.settings import BUREAU_TIME, settings
from warehouse.publishing.publish import take_turn
from warehouse.publishing.served import PUBLISHED
from warehouse.verification.batches import forget_batches

# All versions of a finding are its history, on which officers' decisions rest.
KEPT_WHOLE = "finding"

# An answer about a generation served until a moment ago may not have written its row in the log yet.
UNDER_WAY = timedelta(hours=1)

DROP_GENERATIONS = """
update ops.generation set dropped_at = now()
where dropped_at is null
    and generation < (select max(generation) from ops.generation where published_at < %(under_way)s)
    and not exists (select from pub.current_generation where moved_at > %(under_way)s)
    and generation not in (select generation from ops.generation order by generation desc limit %(newest)s)
    and generation not in (select generation from pub.current_generation)
    and generation not in (
        select generation from audit.verification_log where generation is not null
    )
"""

DROP_VERSIONS = """
delete from {table} as version
where to_generation is not null and not exists (
    select from ops.generation as retained
    where retained.dropped_at is null
        and retained.generation >= version.from_generation and retained.generation < version.to_generation
)
"""

# Reason, column and amount of a rejected line stay: the counts and totals of the ledger rest on them.
BLANK_REJECTED = """
update ops.rejected_row as rejected set raw_line = ''
from ops.delivery as delivery
where rejected.delivery_id = delivery.delivery_id and delivery.status <> 'held'
    and delivery.landed_at < %s and rejected.raw_line <> ''
"""

# Stays: what was asked last of a gate, what a held delivery is held for, and an operator's word.
DROP_GATE_RESULTS = """
delete from ops.gate_result as result
where checked_at < %s and suite <> 'operator'
    and checked_at < (select max(checked_at) from ops.gate_result as last where last.gate = result.gate)
    and not exists (
        select from ops.delivery as held where held.delivery_id = result.subject and held.status = 'held'
    )
"""

# By the database's own clock: whoever tidies neither reads files taken back nor says when that was.
CLEAR_WITHDRAWN = "select ops.clear_withdrawn(%s)"


@dataclass(frozen=True)
class Dropped:
    """What went, or would go: Chinese title, how much, and the setting that says so (null: none does)."""

    title: str
    count: int
    setting: str
    period: int | None


def retain(warehouse: Warehouse, now: datetime, is_dry_run: bool) -> list[Dropped]:
    """Drop what the settings no longer keep; builds and publications wait meanwhile.

    is_dry_run: only count. As the role ``retention``, which sees and removes of what is served only rows
    that have ended. Raises UsageError for a login without it, from whom row security would hide them.
    """
    migrate(warehouse)
    warehouse = warehouse.acting_as("retention")
    keep = settings()

    def since(days: int | None) -> datetime | None:
        return now - timedelta(days=days) if days is not None else None

    with warehouse.exclusive("build"), warehouse.connect() as connection:
        _require_role(connection)
        with connection.transaction(force_rollback=is_dry_run):
            take_turn(connection)
            generations, versions = _drop_generations(connection, keep.keep_generations, now)
            rejected = _drop(connection, BLANK_REJECTED, since(keep.keep_rejected_days))
            results = _drop(connection, DROP_GATE_RESULTS, since(keep.keep_gate_result_days))
            attachments = _clear_withdrawn(connection, keep.keep_withdrawn_days)
            done = since(keep.keep_batch_days)
            batches = forget_batches(connection, done) if done else 0
        logs = _drop_logs(keep.log_dir, since(keep.keep_log_days), is_dry_run)
    return [
        Dropped("发布世代", generations, "MINZHENG_KEEP_GENERATIONS", keep.keep_generations),
        Dropped("仅属于这些世代的行版本", versions, "MINZHENG_KEEP_GENERATIONS", keep.keep_generations),
        Dropped("拒收行的原文", rejected, "MINZHENG_KEEP_REJECTED_DAYS", keep.keep_rejected_days),
        Dropped("检查结果", results, "MINZHENG_KEEP_GATE_RESULT_DAYS", keep.keep_gate_result_days),
        Dropped("已办完的批量复核", batches, "MINZHENG_KEEP_BATCH_DAYS", keep.keep_batch_days),
        Dropped("撤回的附件的内容", attachments, "MINZHENG_KEEP_WITHDRAWN_DAYS", keep.keep_withdrawn_days),
        Dropped("日志文件与血缘事件", logs, "MINZHENG_KEEP_LOG_DAYS", keep.keep_log_days),
    ]


def _require_role(connection: psycopg.Connection) -> None:
    row = connection.execute(
        "select rolsuper or pg_has_role(rolname, to_regrole('retention'), 'usage')"
        " from pg_roles where rolname = current_user"
    ).fetchone()
    if row != (True,):
        raise UsageError(
            "清理须用具有角色 retention 的登录，什么也未删除。 "
            "Retention needs a login with the role `retention` (`grant retention to LOGIN`). Nothing was dropped."
        )


def _drop(connection: psycopg.Connection, statement: str, limit: datetime | None) -> int:
    return 0 if limit is None else connection.execute(statement.encode(), [limit]).rowcount


def _clear_withdrawn(connection: psycopg.Connection, days: int | None) -> int:
    """Name, size, digest and reason stay: what was beside a finding once is its history."""
    if days is None:
        return 0
    row = connection.execute(CLEAR_WITHDRAWN, [days]).fetchone()
    assert row is not None
    return int(row[0])


def _drop_generations(connection: psycopg.Connection, newest: int | None, now: datetime) -> tuple[int, int]:
    """Generations and row versions dropped. A version that another generation shares stays."""
    if newest is None:
        return 0, 0
    generations = connection.execute(
        DROP_GENERATIONS.encode(), {"under_way": now - UNDER_WAY, "newest": newest}
    ).rowcount
    if not generations:
        return 0, 0
    versions = 0
    for published in PUBLISHED:
        if published.name != KEPT_WHOLE:
            table = sql.Identifier("pub", published.name)
            versions += connection.execute(sql.SQL(DROP_VERSIONS).format(table=table)).rowcount
    return generations, versions


def _drop_logs(folder: Path, limit: datetime | None, is_dry_run: bool) -> int:
    """Log files last written before a time, and lines of the lineage file that are older."""
    if limit is None:
        return 0
    old = [
        path for path in folder.rglob("*")
        if path.is_file() and datetime.fromtimestamp(path.stat().st_mtime, BUREAU_TIME) < limit
    ]  # fmt: skip
    if not is_dry_run:
        for path in old:
            path.unlink()
    lineage = folder / "lineage.jsonl"
    if lineage in old or not lineage.exists():
        return len(old)
    return len(old) + _drop_events(lineage, limit, is_dry_run)


def _drop_events(file: Path, limit: datetime, is_dry_run: bool) -> int:
    with file.open(encoding="utf-8") as lines:
        events = list(lines)
    kept = [event for event in events if _event_time(event) >= limit]
    if len(kept) < len(events) and not is_dry_run:
        unfinished = file.with_suffix(".unfinished")
        unfinished.write_text("".join(kept), encoding="utf-8")
        unfinished.replace(file)
    return len(events) - len(kept)


def _event_time(event: str) -> datetime:
    """When an event happened; a line that was torn off by a crash stays."""
    try:
        return datetime.fromisoformat(json.loads(event)["eventTime"])
    except ValueError:
        return datetime.max.replace(tzinfo=BUREAU_TIME)
