"""Taking backups with PostgreSQL's own programs: a whole copy, and the changes as they come."""

import logging
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import IO

import psycopg

from warehouse.backup.repository import (
    BASE,
    IS_CHANGE,
    NAME,
    PARTIAL,
    SEGMENT_NAME,
    STATE,
    Base,
    Repository,
    copied,
)
from warehouse.backup.sealing import SUFFIX, recipient, seal, seal_change
from warehouse.backup.vouching import word
from warehouse.database.connection import Warehouse
from warehouse.database.errors import MinzhengError, UsageError
from warehouse.database.file_lock import alone
from warehouse.database.server import find_binaries
from warehouse.database.settings import settings

log = logging.getLogger("minzheng.backup")
# The server keeps for it what it has not been given yet.
SLOT = "minzheng_backup"
BEGINS = re.compile(r"write-ahead log start point: ([0-9A-F]+/[0-9A-F]+) on timeline (\d+)")
LOOK_SECONDS = 2
WAIT_SECONDS = 5  # after a break
SETTLED_SECONDS = 60  # from then on a break is another one
TOLD = """
select
    current_setting('server_version_num')::int / 10000, current_setting('wal_level'),
    pg_size_bytes(current_setting('wal_segment_size')), current_database()::text,
    (select rolname::text from pg_roles where oid = 10),
    (select rolreplication or rolsuper from pg_roles where rolname = current_user)
"""


def take(warehouse: Warehouse) -> Base:
    """A whole copy of the server, its logins too, in the repository and its copy; drops what is too old.

    Raises UsageError where the server or the login allows none.
    """
    repository = _ready()
    told = _told(warehouse)
    with suppress(MinzhengError):  # one that is not ours stops no copy, and is told when the copy stands
        repository.prune(datetime.now(UTC))  # first: the disk may be full of what may go
    begun_at = datetime.now(UTC)
    folder = repository.bases / begun_at.strftime(NAME)
    folder.mkdir(mode=0o700)
    try:
        base = _whole_copy(warehouse, folder, begun_at, *told)
        repository.keep(base)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)  # it would fill the disk for the next one
        raise
    _tidy(repository)
    return base


def _whole_copy(
    warehouse: Warehouse, folder: Path, begun_at: datetime, version: int, segment_bytes: int, database: str,
    superuser: str,
) -> Base:  # fmt: skip
    with tempfile.TemporaryFile() as said:
        program = subprocess.Popen(
            [
                _program("pg_basebackup", version), "--pgdata=-", "--format=tar", "--wal-method=fetch",
                "--checkpoint=fast", "--no-password", "--verbose", "--label=minzheng",
            ],
            env=_environment(warehouse), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said,
        )  # fmt: skip
        assert program.stdout is not None
        try:
            sealed = seal(program.stdout, folder / BASE)
        finally:
            program.stdout.close()
            program.wait()
        said.seek(0)
        begins = BEGINS.search(said.read().decode(errors="replace"))
    if program.returncode or begins is None:
        raise MinzhengError(
            f"整库备份未能完成（pg_basebackup 退出码 {program.returncode}），{folder.name} 不算备份。 "
            f"The whole copy was not finished (pg_basebackup exit {program.returncode}); {folder.name} counts as none. "
            "Is there room, and does pg_hba.conf let the login in for `replication`?"
        )
    with tempfile.TemporaryFile() as state:
        _pack_state(state)
        state.seek(0)
        sealed_state = seal(state, folder / STATE)
    return Base(
        folder.name, begun_at, datetime.now(UTC), version, superuser, database,
        _segment(begins[1], int(begins[2]), segment_bytes), segment_bytes, sealed.size, sealed.sha256,
        sealed_state.sha256,
    )  # fmt: skip


def _ready() -> Repository:
    """The repository, with all that is wanted for writing in it. Raises UsageError."""
    repository = Repository()
    recipient()
    word("", b"")
    repository.lay_out()
    return repository


def follow(find: Callable[[], Warehouse], stop: Event) -> None:
    """Write down every change as it comes, take a whole copy when one is due, and tidy up, until told to stop.

    find: asked anew after each break, as an embedded server comes back on another port. Raises UsageError where the
    server or the login allows no backups; a server that is away is waited for.
    """
    repository = _ready()
    spool = settings().home / "backup_spool"
    spool.mkdir(mode=0o700, parents=True, exist_ok=True)
    with alone(spool / "lock"), ThreadPoolExecutor(1) as pool:
        beside = _Beside(pool)
        version, *_ = _told(find())
        told = ""
        while not stop.is_set():
            began = time.monotonic()
            try:
                warehouse = find()
                beside.is_due = _want_slot(warehouse, spool) or beside.is_due
                with _receiving(warehouse, version, spool) as program:
                    _keep_up(warehouse, repository, spool, program, beside, stop)
            except (MinzhengError, psycopg.Error, OSError) as error:
                why = str(error) if isinstance(error, MinzhengError) else type(error).__name__
                if (
                    why != told or time.monotonic() - began > SETTLED_SECONDS
                ):  # not every few seconds of a night
                    log.warning("备份中断，稍后再试 backups are interrupted, tried again: %s", why)
                told = why
            stop.wait(WAIT_SECONDS)


class _Beside:
    """What takes long, one at a time, while changes come in: whole copies, and the copy elsewhere.

    is_due: a whole copy is wanted however new the last one is.
    """

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self.pool, self.is_due = pool, False
        self.job: Future[object] | None = None

    def is_free(self) -> bool:
        """Raises what the last one raised."""
        if self.job is None:
            return True
        if not self.job.done():
            return False
        job, self.job = self.job, None
        job.result()
        return True

    def begin(self, work: Callable[..., object], *given: object) -> None:
        self.job = self.pool.submit(work, *given)


def _keep_up(
    warehouse: Warehouse, repository: Repository, spool: Path, program: "subprocess.Popen[bytes]", beside: _Beside,
    stop: Event,
) -> None:  # fmt: skip
    """While the program runs: segments that are whole go into the repository, what is partial at intervals."""
    told_at, is_new = 0.0, False
    while program.poll() is None and not stop.is_set():
        is_time = time.monotonic() - told_at >= settings().backup_seconds
        if hand_in(spool, repository, is_time) or is_time:
            told_at, is_new = time.monotonic(), True
        if beside.is_free():
            if beside.is_due or _is_due(repository):
                beside.begin(take, warehouse)  # copies elsewhere too
                is_new = beside.is_due = False
            elif is_new:
                beside.begin(copied, repository)
                is_new = False
        stop.wait(LOOK_SECONDS)
    if not stop.is_set():
        raise MinzhengError(
            f"pg_receivewal 已结束（退出码 {program.returncode}）。 pg_receivewal ended (exit {program.returncode}). "
            "Does the server run, and does its pg_hba.conf let the login in for `replication`?"
        )


def hand_in(spool: Path, repository: Repository, also_partial: bool) -> list[str]:
    """Seal what was received into the repository; whole files go from the spool. Returns the names.

    A link, or another name than PostgreSQL's, was put there by somebody else and is left where it is.
    """
    received = sorted(
        path for path in spool.iterdir() if IS_CHANGE.fullmatch(path.name) and not path.is_symlink()
    )
    whole = [path for path in received if path.suffix != PARTIAL]
    for path in whole:
        seal_change(path.read_bytes(), repository.wal / f"{path.name}{SUFFIX}")
        (repository.wal / f"{path.name}{PARTIAL}{SUFFIX}").unlink(missing_ok=True)
        path.unlink()
    partial = [path for path in received if path.suffix == PARTIAL and also_partial]
    for path in partial:
        # Whole since, under another name: the next look takes it.
        with suppress(FileNotFoundError):
            seal_change(path.read_bytes(), repository.wal / f"{path.name}{SUFFIX}")
    return [path.name for path in whole]


def _is_due(repository: Repository) -> bool:
    whole = repository.whole()
    every = timedelta(days=settings().backup_every_days)
    return not whole or datetime.now(UTC) - whole[-1].begun_at >= every


def _tidy(repository: Repository) -> None:
    now = datetime.now(UTC)
    repository.prune(now)
    copied(repository)
    if other := repository.copy():
        other.prune(now)


def _told(warehouse: Warehouse) -> tuple[int, int, str, str]:
    """Major version, bytes of a segment, database, and who the server was made with. Raises UsageError."""
    with warehouse.session() as connection:
        row = connection.execute(TOLD).fetchone()
    assert row is not None
    version, level, segment_bytes, database, superuser, may = row
    if level == "minimal":
        raise UsageError(
            "数据库不写备份所需的日志，请设 wal_level = replica 并重启（内嵌的设 MINZHENG_BACKUP_FOLDER 后重启）。 "
            "The server writes no log that backups could be made from: set `wal_level = replica` and restart it (the "
            "embedded one: restart it with MINZHENG_BACKUP_FOLDER set)."
        )
    if not may:
        raise UsageError(
            "本登录无权备份，由数据库管理员授予。 "
            "This login may take no backups: whoever administers the database runs `alter role ... replication`."
        )
    return version, segment_bytes, database, superuser


@contextmanager
def _receiving(warehouse: Warehouse, version: int, spool: Path) -> Iterator["subprocess.Popen[bytes]"]:
    program = subprocess.Popen(
        [
            _program("pg_receivewal", version), f"--directory={spool}", f"--slot={SLOT}", "--no-loop", "--no-password",
            f"--status-interval={LOOK_SECONDS}",
        ],
        env=_environment(warehouse), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield program
    finally:
        program.terminate()
        program.wait()


def _want_slot(warehouse: Warehouse, spool: Path) -> bool:
    """The server keeps what was not fetched. Where it gave that up, all begins anew, with a whole copy: whether so."""
    with warehouse.session() as connection:
        connection.autocommit = True
        row = connection.execute(
            "select wal_status = 'lost' from pg_replication_slots where slot_name = %s", [SLOT]
        ).fetchone()
        if row == (True,):
            log.warning(
                "服务器已不再保留所需日志，重新开始 the server gave up what was wanted; all begins anew"
            )
            connection.execute("select pg_drop_replication_slot(%s)", [SLOT])
            for path in spool.glob(f"*{PARTIAL}"):
                path.unlink()
        if row != (False,):
            connection.execute("select pg_create_physical_replication_slot(%s, true)", [SLOT])
    return row == (True,)


def _segment(place: str, timeline: int, segment_bytes: int) -> str:
    """The name of the segment that holds a place of the log (``0/2000028``)."""
    log_number, offset = (int(part, 16) for part in place.split("/"))
    name = f"{timeline:08X}{log_number:08X}{offset // segment_bytes:08X}"
    assert len(name) == SEGMENT_NAME
    return name


def _pack_state(target: IO[bytes]) -> None:
    """What belongs to the warehouse and stands outside the database: the anchors of the log."""
    with tarfile.open(fileobj=target, mode="w") as packed:
        if settings().anchors_file.exists():
            packed.add(settings().anchors_file, "audit_anchors.jsonl")


def _program(name: str, version: int) -> str:
    """Of the server's version, or a newer one's, which serves it too."""
    return str(find_binaries(version) / name)


def _environment(warehouse: Warehouse) -> dict[str, str]:
    """The connection, and words that can be read whatever the language of the machine."""
    return os.environ | warehouse.environment | {"LC_ALL": "C"}
