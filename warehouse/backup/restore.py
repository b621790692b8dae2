"""The way back: a whole copy is unpacked, the changes since are played on it, up to the end or to a moment."""

import os
import secrets
import shutil
import tarfile
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

import psycopg
import pyrage
from psycopg import sql
from sqlalchemy.engine import URL

from warehouse.backup.repository import (
    BASE,
    PARTIAL,
    SEGMENT_NAME,
    STATE,
    Base,
    Repository,
    is_segment,
    vouched,
)
from warehouse.backup.sealing import BLOCK, open_into, opened_change
from warehouse.database.connection import Warehouse
from warehouse.database.errors import MinzhengError, UsageError, given_path
from warehouse.database.server import SUPERUSER, Account, EmbeddedServer, find_binaries, server_version
from warehouse.database.settings import settings

# Nobody else of the machine gets at a server that has not been handed over yet: no port, a socket in a closed folder.
PRIVATE = {
    "listen_addresses": "",
    "hot_standby": "off",
    "archive_mode": "off",
    "recovery_target_action": "promote",
    "max_wal_size": "4GB",
    "log_min_messages": "fatal",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
LET_IN = "local all all trust\n"
PORT = "5432"  # of the name of the socket
LOOK_SECONDS = 0.2
SETTINGS = "postgresql.auto.conf"


class _WentDown(Exception):
    """The server, before it had played everything."""


@dataclass(frozen=True)
class Restored:
    """A server's folder, ready to be started. state: what stood outside the database; seconds: of each part.

    through: when the last transaction in it was; gap: the first missing change, where some are.
    """

    base: Base
    data: Path
    state: Path
    through: datetime | None
    gap: str | None
    unpack_seconds: float
    recover_seconds: float


def chosen_base(repository: Repository, at: datetime | None) -> Base:
    """The newest whole copy, or the newest before a moment. Raises UsageError where there is none."""
    fitting = [base for base in repository.whole() if at is None or base.ended_at <= at]
    if not fitting:
        raise UsageError(
            "没有可用的整库备份。 There is no whole copy in the repository that could be used: `minzheng backup list`."
        )
    return fitting[-1]


@contextmanager
def restored(
    repository: Repository, key: pyrage.x25519.Identity, target: Path, at: datetime | None = None
) -> Iterator[tuple[Restored, Warehouse]]:
    """Restore into a folder that is not there yet, and let the server run, for us alone, while inside.

    at: the moment whose state is wanted; the last change that is there by default. Raises UsageError, MinzhengError.
    """
    if target.exists():
        raise UsageError(f"{target} 已存在。 {target} is there already: name a folder that is not.")
    base = chosen_base(repository, at)
    vouched(base)
    binaries = find_binaries(base.server_version)
    if server_version(binaries) != base.server_version:
        raise UsageError(
            f"备份属于 PostgreSQL {base.server_version}，本机没有这个版本。 The backup is of PostgreSQL "
            f"{base.server_version}: install that version here."
        )
    account, begun = Account.current(), time.monotonic()
    data, wal, state = target, _beside(target, "wal"), _beside(target, "state")
    with given_path(target):
        for folder in (data, wal, state):
            folder.mkdir(mode=0o700, parents=True)
    try:
        _unpack(repository.bases / base.name / BASE, data, key, base.sha256)
        _unpack(repository.bases / base.name / STATE, state, key, base.state_sha256)
        _lay_down_changes(repository, base, wal, key)
        unpacked = time.monotonic()
        _give(account, data, wal)
        with _running(account, binaries, base, data, wal, at) as (warehouse, through):
            yield (
                Restored(
                    base,
                    data,
                    state,
                    through,
                    repository.gap(base),
                    unpacked - begun,
                    time.monotonic() - unpacked,
                ),
                warehouse,
            )
    except BaseException:
        for folder in (data, state):  # of no use to anybody
            shutil.rmtree(folder, ignore_errors=True)
        raise
    finally:
        shutil.rmtree(wal, ignore_errors=True)


def restore(
    repository: Repository, key: pyrage.x25519.Identity, target: Path, at: datetime | None = None
) -> Restored:
    """Restore into a folder, and leave it stopped. The embedded server of MINZHENG_HOME gets a new password."""
    with restored(repository, key, target, at) as (result, warehouse):
        embedded = EmbeddedServer(settings().home)
        if target.resolve() == embedded.data.resolve() and result.base.superuser == SUPERUSER:
            _new_password(warehouse, embedded)
    return result


def _beside(target: Path, what: str) -> Path:
    return target.with_name(f"{target.name}.{what}")


def _unpack(packed: Path, folder: Path, key: pyrage.x25519.Identity, sha256: str) -> None:
    """Plain files and folders, ours alone. Raises MinzhengError where it is not what was vouched for."""
    reading, writing = os.pipe()
    with ThreadPoolExecutor(1) as pool:
        with open(reading, "rb") as source:
            poured = pool.submit(_pour, packed, writing, key)
            fault = _extract(source, folder)
            while source.read(BLOCK):  # what is behind the archive, or was not taken
                pass
        seen = poured.result()
    if seen != sha256:
        raise MinzhengError(
            f"{packed.name} 与备份时写下的不同，未使用。 "
            f"{packed.name} is not what was written when the backup was taken: it is not used."
        )
    if fault:
        raise MinzhengError(
            f"{packed.name} 无法解包到 {folder}（{fault}），磁盘是否已满？ "
            f"{packed.name} could not be unpacked into {folder} ({fault}): is there room?"
        )


def _pour(packed: Path, writing: int, key: pyrage.x25519.Identity) -> str:
    with open(writing, "wb") as target:
        return open_into(packed, target, key)


def _extract(source: IO[bytes], folder: Path) -> str | None:
    """The kind of fault, where there is one."""
    try:
        with tarfile.open(fileobj=source, mode="r|gz", bufsize=BLOCK) as archive:
            archive.extractall(folder, filter=_plain)
    except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
        return type(error).__name__
    return None


def _plain(member: tarfile.TarInfo, folder: str) -> tarfile.TarInfo:
    """No link, no device, nothing outside; no owner or mode of another machine."""
    if not (member.isreg() or member.isdir()):
        raise tarfile.SpecialFileError(member)
    return tarfile.data_filter(member, folder).replace(mode=0o700 if member.isdir() else 0o600, deep=False)


def _lay_down_changes(repository: Repository, base: Base, folder: Path, key: pyrage.x25519.Identity) -> None:
    """Unsealed, because the server that plays them has no key. What is partial goes under its whole name."""
    for name, path in repository.wanted_changes().items():
        if not is_segment(name) or name[8:SEGMENT_NAME] >= base.first_segment[8:]:
            (folder / name.removesuffix(PARTIAL)).write_bytes(opened_change(path, key))


def _give(account: Account, *folders: Path) -> None:
    for folder in folders:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, account.uid, account.gid, follow_symlinks=False)


def _signal(account: Account, data: Path) -> None:
    """That there is something to play: a file of ours, never one that is there."""
    place = data / "recovery.signal"
    with given_path(place):
        file = os.open(place, os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_WRONLY, 0o600)
    try:
        os.fchown(file, account.uid, account.gid)
    finally:
        os.close(file)


@contextmanager
def _set_aside(file: Path) -> Iterator[None]:
    """What the server was told by ``alter system`` (commands, libraries) is not for the private one."""
    aside = file.with_name(f"{file.name}.aside")
    if not file.exists():
        yield
        return
    file.rename(aside)
    try:
        yield
    finally:
        aside.replace(file)


@contextmanager
def _running(
    account: Account, binaries: Path, base: Base, data: Path, wal: Path, at: datetime | None
) -> Iterator[tuple[Warehouse, datetime | None]]:
    """The server, once it has played all changes, and when its last transaction was."""
    if not account.can_reach(data):
        raise UsageError(
            f"数据库账户进不了 {data}。 The account of the server cannot enter {data}: name a folder it can reach."
        )
    with _set_aside(data / SETTINGS), tempfile.TemporaryDirectory(prefix="minzheng_restore_") as private:
        place = Path(private)
        (place / "hba.conf").write_text(LET_IN)
        (place / "postgresql.conf").touch()
        _signal(account, data)
        _give(account, place)
        given = PRIVATE | {
            "config_file": str(place / "postgresql.conf"),
            "hba_file": str(place / "hba.conf"),
            "unix_socket_directories": private,
            "restore_command": f'cp "{wal}/%f" "%p"',
        }
        if at is not None:
            given["recovery_target_time"] = at.isoformat()
        options = " ".join(f"-c {name}={_quoted(value)}" for name, value in given.items())
        control = [str(binaries / "pg_ctl"), "-D", str(data)]
        try:
            # Up to where it begins to play; what it plays may take hours, and is waited for below.
            account.run(
                [*control, "-l", str(place / "log"), "-w", "-o", f"-p {PORT} {options}", "start"],
                place / "control",
            )
            address = URL.create(
                "postgresql", base.superuser, database=base.database, query={"host": private, "port": PORT}
            )
            warehouse = Warehouse(address.render_as_string(hide_password=False))
            try:
                through = _last_transaction(
                    warehouse, lambda: account.run([*control, "status"]).returncode == 0
                )
            except _WentDown:
                raise _failure(place, at) from None
            yield warehouse, through
        finally:
            account.run([*control, "-m", "fast", "-w", "stop"])


def stop_left(account: Account, data: Path) -> None:
    """Stop the server that a restoring which was killed left running."""
    if (data / "postmaster.pid").exists():
        program = find_binaries(int((data / "PG_VERSION").read_text())) / "pg_ctl"
        account.run([str(program), "-D", str(data), "-m", "immediate", "-w", "stop"])


def _quoted(value: str) -> str:
    """For the shell that pg_ctl calls."""
    return "'" + value.replace("'", "'\\''") + "'"


def _failure(place: Path, at: datetime | None) -> MinzhengError:
    said = (place / "log").read_text(errors="replace") if (place / "log").exists() else ""
    if at is not None and "recovery ended before configured recovery target was reached" in said:
        return UsageError(
            f"备份到不了 {at:%Y-%m-%d %H:%M:%S}。 "
            f"The changes that are there end before {at:%Y-%m-%d %H:%M:%S}: name an earlier moment, or none."
        )
    return MinzhengError(
        "恢复出的数据库没有启动，备份损坏，或所需的更改不全。 "
        "The restored server did not start: the backup is damaged, or changes it needs are missing (`minzheng backup "
        "list` tells of gaps)."
    )


def _last_transaction(warehouse: Warehouse, is_up: Callable[[], bool]) -> datetime | None:
    """When the last one that was played ended, once all are; none was played, none. Raises _WentDown where the server
    does so on the way, as where a moment is never reached."""
    while True:
        try:
            with psycopg.connect(**warehouse.parameters) as connection:  # type: ignore[arg-type]
                row = connection.execute("select pg_last_xact_replay_timestamp()").fetchone()
        except psycopg.OperationalError:
            if not is_up():
                raise _WentDown from None
            time.sleep(LOOK_SECONDS)
            continue
        assert row is not None
        return row[0]


def _new_password(warehouse: Warehouse, embedded: EmbeddedServer) -> None:
    """The one it had is kept in no backup."""
    password = secrets.token_urlsafe(24)
    with warehouse.session() as connection:
        connection.execute(
            sql.SQL("alter role {} password {}").format(sql.Identifier(SUPERUSER), sql.Literal(password))
        )
    embedded.password_file.touch(mode=0o600)
    embedded.password_file.write_text(password)
    os.chown(embedded.password_file, embedded.account.uid, embedded.account.gid)
    embedded.home.chmod(0o700)
    os.chown(embedded.home, embedded.account.uid, embedded.account.gid)
