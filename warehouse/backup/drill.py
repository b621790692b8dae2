"""The restore drill: a second server from the backups, looked through as after a disaster, with time and loss."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pyrage

from ingestion.bureau import PROGRAM
from warehouse.backup.repository import Repository
from warehouse.backup.restore import restored, stop_left
from warehouse.database.chosen import known_warehouse
from warehouse.database.connection import Warehouse
from warehouse.database.errors import MinzhengError, given_path
from warehouse.database.file_lock import alone
from warehouse.database.server import Account
from warehouse.database.settings import PREFIX, settings
from warehouse.publishing.publish import current_generation
from warehouse.verification.audit import check_log, read_anchors, reproduce

PLACE = "restore_drill_"
DRILLS = "restore_drills.jsonl"
ANCHORS = "audit_anchors.jsonl"
# Of answers that were given; the newest were given last before the disaster.
REPORTS = """
select report_no from audit.verification_log
where outcome = 'answered' and report_no is not null and answer is not null
order by logged_at desc, lane, log_id desc limit %s
"""
LOGINS = """
select count(*) from pg_roles where rolcanlogin and rolname not like 'pg\\_%'
"""
# A run in the copy tells nobody. What is empty would not count as set.
QUIET = {f"{PREFIX}ALERT_WEBHOOK_URL": " ", f"{PREFIX}ALERT_EMAIL_TO": "[]"}


@dataclass(frozen=True)
class Drill:
    """What came of it; times in seconds, sizes in bytes.

    base: the whole copy used. through: the last transaction that came back; lost_bytes: of changes the running server
    had made that did not; none where it could not be asked. gap: the first change that is missing between.
    log_rows, log_faults: of the log of verification against its anchors. reports, reports_differing: answers made
    again. run_changed_nothing: whether a run on the inbox left what is landed and served; none without an inbox.
    """

    base: str
    began_at: str
    at: str | None
    through: str | None
    lost_bytes: int | None
    gap: str | None
    sealed_bytes: int
    unpack_seconds: float
    recover_seconds: float
    check_seconds: float
    run_seconds: float | None
    generation: int | None
    logins: int
    log_rows: int
    anchors: int
    log_faults: tuple[str, ...]
    reports: int
    reports_differing: tuple[str, ...]
    run_changed_nothing: bool | None

    @property
    def is_good(self) -> bool:
        return not (
            self.log_faults or self.reports_differing or self.run_changed_nothing is False or self.gap
        )


def drill(
    repository: Repository,
    key: pyrage.x25519.Identity,
    at: datetime | None = None,
    inbox: Path | None = None,
    reports: int = 20,
) -> Drill:
    """Restore into a server of its own, look through it and take it away again; the running one is only asked how far
    it is. inbox: a run on it must change nothing. Kept in ``restore_drills.jsonl`` of MINZHENG_HOME."""
    began_at, ahead = datetime.now(UTC), _place_now()
    with _workplace() as work, restored(repository, key, work / "data", at) as (result, warehouse):
        lost = None if ahead is None or at else _behind(warehouse, ahead)
        begun = time.monotonic()
        anchors = read_anchors(_anchors(result.state, at))
        with warehouse.connect() as connection:
            generation = current_generation(connection)
            ((logins,),) = connection.execute(LOGINS).fetchall()
            rows, faults = check_log(connection, anchors)
            numbers = [number for (number,) in connection.execute(REPORTS, [reports]).fetchall()]
            differing = [number for number in numbers if reproduce(connection, number).again]
        checked = time.monotonic()
        is_unchanged = run_in_copy(warehouse, inbox, work / "home") if inbox else None
        done = Drill(
            result.base.name, began_at.isoformat(timespec="seconds"), at.isoformat() if at else None,
            (result.through or result.base.ended_at).astimezone(UTC).isoformat(timespec="seconds"), lost,
            result.gap, result.base.size, round(result.unpack_seconds, 1), round(result.recover_seconds, 1),
            round(checked - begun, 1), round(time.monotonic() - checked, 1) if inbox else None, generation, logins,
            rows, len(anchors), tuple(f"lane {f.lane} row {f.log_id}: {f.what}" for f in faults), len(numbers),
            tuple(differing), is_unchanged,
        )  # fmt: skip
    _keep(done)
    return done


@contextmanager
def _workplace() -> Iterator[Path]:
    """A folder the server's account can reach, gone afterwards: it holds everything, unsealed.

    One drill at a time, and what one that was killed left goes first.
    """
    home, account = settings().home, Account.current()
    home.mkdir(parents=True, exist_ok=True)
    reached = home if account.can_reach(home / "data") else Path("/var/tmp")
    own = f"{PLACE}{hashlib.sha256(str(home.resolve()).encode()).hexdigest()[:12]}_"
    with alone(home / "restore_drill.lock"):
        for left in reached.glob(f"{own}*"):
            # Anybody may write in /var/tmp.
            if not left.is_symlink() and left.stat().st_uid in (account.uid, os.geteuid()):
                stop_left(account, left / "data")
                shutil.rmtree(left)
        with tempfile.TemporaryDirectory(prefix=own, dir=reached) as folder:
            os.chown(folder, account.uid, account.gid)
            yield Path(folder)


def _place_now() -> str | None:
    """How far the running server is; none where nobody answers, as after a disaster."""
    try:
        with known_warehouse(settings()).session() as connection:
            row = connection.execute("select pg_current_wal_flush_lsn()::text").fetchone()
    except (MinzhengError, psycopg.Error):
        return None
    return str(row[0]) if row else None


def _behind(warehouse: Warehouse, ahead: str) -> int:
    with warehouse.session() as connection:
        row = connection.execute(
            "select greatest(0, pg_wal_lsn_diff(%s::pg_lsn, pg_last_wal_replay_lsn()))::bigint", [ahead]
        ).fetchone()
    assert row is not None
    return int(row[0])


def _anchors(state: Path, at: datetime | None) -> Path:
    """The file in use, which the log must reach; of an earlier moment, and where it is lost, the one in the backup."""
    kept = settings().anchors_file
    return kept if kept.exists() and at is None else state / ANCHORS


def run_in_copy(warehouse: Warehouse, inbox: Path, home: Path) -> bool:
    """A whole run in a process of its own, with a home of its own; whether it changed nothing."""
    own = {f"{PREFIX}DATABASE_URL": warehouse.address, f"{PREFIX}HOME": str(home)}
    before = _counted(warehouse)
    done = subprocess.run(
        [sys.executable, "-m", "cli.main", "run", "--inbox", str(inbox)],
        env=os.environ | QUIET | own, cwd=PROGRAM, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode not in (0, 1):
        raise MinzhengError(
            f"演练中的运行失败（退出码 {done.returncode}）。 The run in the drill failed (exit {done.returncode}): "
            f"{done.stderr.strip().splitlines()[-1] if done.stderr.strip() else ''}"
        )
    return before == _counted(warehouse)


def _counted(warehouse: Warehouse) -> tuple[object, ...]:
    with warehouse.connect() as connection:
        ((deliveries, lines),) = connection.execute(
            "select count(*), coalesce(sum(landed_count), 0) from ops.delivery"
        ).fetchall()
        return current_generation(connection), deliveries, lines


def _keep(done: Drill) -> None:
    file = settings().home / DRILLS
    with given_path(file), file.open("a", encoding="utf-8") as kept:
        kept.write(json.dumps(asdict(done), ensure_ascii=False) + "\n")
