"""Whole copies and the changes since, taken from a running server, sealed, and brought back into a second one.

One server of its own for the module (initdb, migrations: about ten seconds), a restore a test (three to five).
"""

import errno
import gzip
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tarfile
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from threading import Event, Thread

import psycopg
import pytest
from hand_made_family import Family
from templates import at_home

from warehouse.backup.drill import DRILLS, drill
from warehouse.backup.repository import BASE, NAME, PARTIAL, TOLD, Base, Repository, copied
from warehouse.backup.restore import _lay_down_changes, restore, restored
from warehouse.backup.sealing import SUFFIX, identity, new_key, open_into, opened_change, seal, seal_change
from warehouse.backup.take import _Beside, _keep_up, follow, hand_in, take
from warehouse.database.connection import Warehouse
from warehouse.database.errors import MinzhengError, UsageError
from warehouse.database.migrate import migrate
from warehouse.database.server import EmbeddedServer
from warehouse.database.settings import settings
from warehouse.verification.audit import write_anchors

pytestmark = pytest.mark.database  # starts its own

SECONDS = 60.0
LOGIN = "sso_officer"
SENDER = "the sender's key of the tests, long enough"


@dataclass
class BackedUp:
    """server: running. middle: a moment between the second and the third answer."""

    server: EmbeddedServer
    home: Path
    folder: Path
    key: Path
    public: str
    reports: list[str]
    middle: datetime

    @contextmanager
    def set_up(self) -> Iterator[Repository]:
        with pytest.MonkeyPatch.context() as patch, at_home(self.home):
            patch.setenv("MINZHENG_BACKUP_FOLDER", str(self.folder))
            patch.setenv("MINZHENG_BACKUP_COPY_FOLDER", f"{self.folder}_copy")
            patch.setenv("MINZHENG_BACKUP_RECIPIENT", self.public)
            patch.setenv("MINZHENG_BACKUP_SENDER_KEY", SENDER)
            patch.setenv("MINZHENG_BACKUP_SECONDS", "1")
            settings.cache_clear()
            yield Repository()


def wait_for(what: object, *, holds: "object") -> None:
    until = time.monotonic() + SECONDS
    while not holds():  # type: ignore[operator]
        assert time.monotonic() < until, what
        time.sleep(0.1)


@pytest.fixture(scope="module")
def backed_up(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BackedUp]:
    """A family asks three times: before the whole copy, after it, and after the moment in between."""
    home, kept = shared / f"own_{uuid.uuid4().hex[:12]}", tmp_path_factory.mktemp("kept")
    home.mkdir()
    secret, public = new_key()
    (kept / "key").write_text(f"# public key: {public}\n{secret}\n")
    made = BackedUp(EmbeddedServer(home), home, kept / "backups", kept / "key", public, [], datetime.now(UTC))
    stop = Event()
    try:
        with made.set_up() as repository:
            made.server.start()
            warehouse = made.server.warehouse
            migrate(warehouse)
            with warehouse.connect() as connection:
                connection.execute(f"create role {LOGIN} login in role officer".encode())
                connection.execute(
                    "create role dw_backup login replication password 'test' connection limit 5"
                )
                family = Family(connection)
                family.publish()
                made.reports.append(family.verify("R1")["report_no"])
            backing = warehouse.at(username="dw_backup", password="test")
            follower = Thread(target=follow, args=(lambda: backing, stop), daemon=True)
            follower.start()
            wait_for("a whole copy", holds=repository.whole)
            with warehouse.connect() as connection:
                family.connection = connection
                made.reports.append(family.verify("R2")["report_no"])
            time.sleep(1.1)
            made.middle = datetime.now(UTC)
            time.sleep(1.1)
            with warehouse.connect() as connection:
                family.connection = connection
                made.reports.append(family.verify("R3")["report_no"])
                connection.commit()
                write_anchors(connection, settings().anchors_file)
            # A segment that is whole, and a partial one behind it.
            with psycopg.connect(warehouse.address, autocommit=True) as administrator:
                ((switched,),) = administrator.execute("select pg_walfile_name(pg_switch_wal())").fetchall()
                wait_for("the segment", holds=lambda: switched in repository.changes())
                administrator.execute("create table ops.later (n int)")
                administrator.execute("drop table ops.later")
                ((now,),) = administrator.execute("select pg_walfile_name(pg_current_wal_lsn())").fetchall()
            begun = time.time()
            newest = repository.wal / f"{now}{PARTIAL}{SUFFIX}"
            wait_for("the partial one", holds=lambda: newest.exists() and newest.stat().st_mtime > begun + 2)
            stop.set()
            follower.join(SECONDS)
        yield made
    finally:
        stop.set()
        made.server.stop()
        shutil.rmtree(made.server.home)


def test_a_drill_brings_everything_back_and_says_what_it_took(backed_up: BackedUp) -> None:
    """What it says of a run on the inbox: tests/test_operations_guide.py."""
    with backed_up.set_up() as repository:
        done = drill(repository, identity(backed_up.key))
        (line,) = (settings().home / DRILLS).read_text(encoding="utf-8").splitlines()
    assert (done.lost_bytes, done.gap) == (0, None)
    assert (done.log_rows, done.anchors, done.log_faults) == (3, 1, ())
    assert (done.reports, done.reports_differing) == (3, ())
    assert (done.generation, done.run_changed_nothing, done.is_good) == (1, None, True)
    assert done.logins == 3  # of the administrator, the officer and the backups
    assert json.loads(line)["through"] == done.through
    assert not list(settings().home.glob("restore_drill_*"))
    assert not list(Path("/var/tmp").glob("restore_drill_*"))


@contextmanager
def running_drill(backed_up: BackedUp) -> Iterator[tuple["subprocess.Popen[bytes]", int]]:
    """By the command, and the number of its server, once that runs."""
    command = [sys.executable, "-m", "cli.main", "backup", "drill", "--key", str(backed_up.key)]
    env = os.environ | {"MINZHENG_HOME": str(backed_up.home)}
    with subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as program:
        try:
            wait_for("the server", holds=lambda: running_servers(backed_up) or program.poll() is not None)
            yield program, running_servers(backed_up)[0]
        finally:
            program.kill()


def running_servers(backed_up: BackedUp) -> list[int]:
    files = backed_up.home.glob("restore_drill_*/data/postmaster.pid")
    return [int(lines[0]) for path in files if len(lines := path.read_text().splitlines()) > 5]


def is_over(number: int) -> bool:
    """A process that has ended may be there until it is asked for."""
    try:
        state = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return True
    return state in "ZX"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_drill_that_is_stopped_leaves_no_server_and_nothing_unsealed(
    backed_up: BackedUp, number: signal.Signals
) -> None:
    """Killed, it can do nothing any more: the next one does."""
    with backed_up.set_up() as repository:
        with running_drill(backed_up) as (program, server):
            program.send_signal(number)
            program.wait(SECONDS)
        if number is signal.SIGKILL:
            assert not is_over(server)
            assert drill(repository, identity(backed_up.key)).is_good
        else:
            assert program.returncode == 128 + number
        assert not list(backed_up.home.glob("restore_drill_*"))
        assert is_over(server)


def test_a_moment_between_comes_back_without_what_followed(backed_up: BackedUp, tmp_path: Path) -> None:
    target = backed_up.home / "second" / "data"
    with backed_up.set_up() as repository:
        with (
            restored(repository, identity(backed_up.key), target, backed_up.middle) as (result, warehouse),
            warehouse.connect() as connection,
        ):
            told = connection.execute("select report_no from audit.verification_log order by logged_at")
            assert [number for (number,) in told.fetchall()] == backed_up.reports[:2]
        assert result.through is not None
        assert result.through < backed_up.middle
        with pytest.raises(UsageError, match="is there already"):
            restore(repository, identity(backed_up.key), target)
        with pytest.raises(UsageError, match="end before"):
            restore(repository, identity(backed_up.key), target.with_name("never"), datetime.now(UTC))
    assert not target.with_name("never").exists()


def test_the_embedded_server_is_restored_in_its_place_and_starts(backed_up: BackedUp) -> None:
    """After a disaster only the folder of backups and the key are left."""
    with backed_up.set_up() as repository, pytest.MonkeyPatch.context() as patch:
        patch.setenv("MINZHENG_HOME", str(backed_up.home / "new"))
        settings.cache_clear()
        fresh = EmbeddedServer(settings().home)
        restore(repository, identity(backed_up.key), fresh.data)
        fresh.start()
        try:
            with fresh.warehouse.connect() as connection:
                ((count,),) = connection.execute("select count(*) from audit.verification_log").fetchall()
                kept = connection.execute(
                    "select rolcanlogin from pg_roles where rolname = %s", [LOGIN]
                ).fetchone()
            assert (count, kept) == (3, (True,))
        finally:
            fresh.stop()


def test_nothing_in_the_folder_tells_of_anybody_and_only_the_key_opens_it(
    backed_up: BackedUp, tmp_path: Path
) -> None:
    with backed_up.set_up() as repository:
        (base,) = repository.whole()
        sealed = repository.bases / base.name / BASE
        names = [name.encode() for name in Family.NAMES.values()]
        opened = tmp_path / "opened"
        with opened.open("wb") as target:
            open_into(sealed, target, identity(backed_up.key))
        # Packed: what it holds is seen once unpacked, so that we know that the looking works.
        shutil.unpack_archive(
            shutil.move(opened, tmp_path / "opened.tar.gz"), tmp_path / "whole", filter="data"
        )
        whole = [path.read_bytes() for path in (tmp_path / "whole").rglob("*") if path.is_file()]
        assert all(any(name in content for content in whole) for name in names)
        for path in repository.folder.rglob("*"):
            if path.is_file():
                assert path.suffix == ".age" or path.name == TOLD
                assert not any(name in path.read_bytes() for name in names), path.name
            assert path.stat().st_mode & 0o077 == 0 or path.is_file()
        secret, _ = new_key()
        (tmp_path / "other").write_text(secret)
        with pytest.raises(MinzhengError, match="sealed to another key"):
            restore(repository, identity(tmp_path / "other"), backed_up.home / "third" / "data")
        assert not (backed_up.home / "third" / "data").exists()


def test_a_copy_that_finds_no_room_leaves_none_taken(backed_up: BackedUp) -> None:
    """A file that may not grow stands for a disk that is full; what may go went before."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    with backed_up.set_up() as repository:
        old = repository.bases / "20200101T000000Z"
        old.mkdir()
        os.utime(old, (1, 1))
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, before[1]))
        try:
            with pytest.raises(MinzhengError, match="make room"):
                take(backed_up.server.warehouse)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        assert [folder.name for folder in repository.bases.iterdir()] == [
            base.name for base in repository.whole()
        ]
        assert not list(repository.folder.rglob("*.unfinished"))


def test_without_a_public_key_nothing_is_written(
    backed_up: BackedUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    with backed_up.set_up():
        monkeypatch.setenv("MINZHENG_BACKUP_RECIPIENT", "age1nobody")
        settings.cache_clear()
        before = sorted(backed_up.folder.rglob("*"))
        with pytest.raises(UsageError, match="nothing is written unsealed"):
            take(backed_up.server.warehouse)
        monkeypatch.setenv("MINZHENG_BACKUP_RECIPIENT", backed_up.public)
        monkeypatch.setenv("MINZHENG_BACKUP_SENDER_KEY", "short")
        settings.cache_clear()
        with pytest.raises(UsageError, match="nobody vouches for"):
            take(backed_up.server.warehouse)
        assert sorted(backed_up.folder.rglob("*")) == before


@contextmanager
def changed(path: Path, content: bytes) -> Iterator[None]:
    before = path.read_bytes()
    path.write_bytes(content)
    try:
        yield
    finally:
        path.write_bytes(before)


@contextmanager
def tar_of(*members: tarfile.TarInfo) -> Iterator[BytesIO]:
    packed = BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for member in members:
            archive.addfile(member)
    packed.seek(0)
    yield packed


def linked(name: str, to: str) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = tarfile.SYMTYPE, to
    return member


def test_what_somebody_else_put_into_the_folder_is_not_used(backed_up: BackedUp, tmp_path: Path) -> None:
    """Whoever writes there and knows the public key can seal what he likes; he cannot vouch for it."""
    key, target = identity(backed_up.key), backed_up.home / "planted" / "data"
    with backed_up.set_up() as repository:
        (base,) = repository.whole()
        folder = repository.bases / base.name
        with tar_of(tarfile.TarInfo("postgresql.auto.conf")) as archive:
            planted = seal(archive, tmp_path / "planted")
        content = (tmp_path / "planted").read_bytes()
        with changed(folder / BASE, content), pytest.raises(MinzhengError, match="not what was written"):
            restore(repository, key, target)
        told = json.loads((folder / TOLD).read_text()) | {"sha256": planted.sha256, "size": planted.size}
        with (
            changed(folder / BASE, content),
            changed(folder / TOLD, json.dumps(told).encode()),
            pytest.raises(MinzhengError, match="not written by whoever holds"),
        ):
            restore(repository, key, target)
        # A change of another place under this one's name, and one that nobody vouches for.
        newest, *others = [path for _, path in sorted(repository.changes().items(), reverse=True)]
        seal(BytesIO(b"x" * (1 << 20)), tmp_path / "change")
        for other in (others[0], tmp_path / "change"):
            with changed(newest, other.read_bytes()), pytest.raises(MinzhengError, match="not written by"):
                restore(repository, key, target)
        assert not target.exists()
        assert not list(target.parent.glob("data.*"))


@pytest.mark.parametrize(
    "member",
    [linked("recovery.signal", "/etc/hostname"), linked("pg_wal", "base"), tarfile.TarInfo("../out")],
)
def test_a_copy_that_holds_more_than_plain_files_is_refused(
    backed_up: BackedUp, member: tarfile.TarInfo
) -> None:
    """Even one that is vouched for: as root a link would be followed."""
    target = backed_up.home / "linked" / "data"
    with backed_up.set_up() as repository:
        (base,) = repository.whole()
        folder = repository.bases / base.name
        kept = [(folder / name).read_bytes() for name in (BASE, TOLD)]
        try:
            with tar_of(member) as archive:
                sealed = seal(archive, folder / BASE)
            repository.keep(replace(base, sha256=sealed.sha256, said=""))
            with pytest.raises(MinzhengError, match=r"could not be unpacked .*Error"):
                restore(repository, identity(backed_up.key), target)
        finally:
            for name, content in zip((BASE, TOLD), kept, strict=True):
                (folder / name).write_bytes(content)
    assert not target.exists()
    assert not (target.parent / "out").exists()


def test_what_was_set_in_the_server_does_not_run_in_the_private_one_and_comes_back(
    backed_up: BackedUp, tmp_path: Path
) -> None:
    target = backed_up.home / "own_settings" / "data"
    with (
        backed_up.set_up() as repository,
        psycopg.connect(backed_up.server.warehouse.address, autocommit=True) as administrator,
    ):
        administrator.execute("alter system set recovery_end_command = 'touch ran'")
        try:
            taken = take(backed_up.server.warehouse)
        finally:
            administrator.execute("alter system reset recovery_end_command")
        try:
            restore(repository, identity(backed_up.key), target)
        finally:
            for there in (repository, repository.copy()):
                assert there
                shutil.rmtree(there.bases / taken.name)
    assert not (target / "ran").exists()  # commands run in the folder of the data
    assert "recovery_end_command" in (target / "postgresql.auto.conf").read_text()


def test_a_link_in_the_spool_is_not_handed_in(
    invented: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret, public = new_key()
    (tmp_path / "key").write_text(secret)
    monkeypatch.setenv("MINZHENG_BACKUP_RECIPIENT", public)
    settings.cache_clear()
    spool, name = tmp_path / "spool", f"{9:024X}"
    spool.mkdir()
    (spool / "lock").touch()
    (spool / "0000000900000009").touch()
    (spool / name).write_bytes(b"changes")
    (spool / f"{8:024X}").symlink_to(tmp_path / "key")
    (spool / f"{8:024X}{PARTIAL}").symlink_to(tmp_path / "key")
    assert hand_in(spool, invented, also_partial=True) == [name]
    handed = invented.changes()
    assert opened_change(handed[name], identity(tmp_path / "key")) == b"changes"
    assert not any(name.startswith(f"{8:024X}") for name in handed)
    # As `age -d | gunzip` reads it.
    with (tmp_path / "opened").open("wb") as target:
        open_into(handed[name], target, identity(tmp_path / "key"))
    assert gzip.decompress((tmp_path / "opened").read_bytes()) == b"changes"


def test_a_server_that_was_backed_up_starts_without_the_setting(backed_up: BackedUp) -> None:
    """It keeps a place in the log for who followed; PostgreSQL refuses to start as it was set up."""
    backed_up.server.stop()
    backed_up.server.start()
    with backed_up.server.warehouse.connect() as connection:
        assert connection.execute("show wal_level").fetchone() == ("replica",)


def test_a_server_that_writes_no_log_for_it_says_what_to_set(
    server: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINZHENG_BACKUP_FOLDER", str(tmp_path / "backups"))
    monkeypatch.setenv("MINZHENG_BACKUP_RECIPIENT", new_key()[1])
    monkeypatch.setenv("MINZHENG_BACKUP_SENDER_KEY", SENDER)
    settings.cache_clear()
    with pytest.raises(UsageError, match="wal_level = replica"):
        take(server)
    assert list((tmp_path / "backups" / "base").iterdir()) == []


NOW = datetime(2025, 6, 30, 3, tzinfo=UTC)
MADE = Base("", NOW, NOW, 18, "dw_admin", "minzheng", "", 16 << 20, 1, "", "")


AGES = (40, 30, 20, 10, 0)
NAMES = [(NOW - timedelta(days=days)).strftime(NAME) for days in AGES]


@pytest.fixture
def invented(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """A whole copy every ten days, and every segment from 0/FE on, over the end of a log."""
    monkeypatch.setenv("MINZHENG_BACKUP_FOLDER", str(tmp_path / "here"))
    monkeypatch.setenv("MINZHENG_BACKUP_COPY_FOLDER", str(tmp_path / "there"))
    monkeypatch.setenv("MINZHENG_BACKUP_KEEP_DAYS", "15")
    monkeypatch.setenv("MINZHENG_BACKUP_SENDER_KEY", SENDER)
    settings.cache_clear()
    repository = Repository()
    repository.lay_out()
    segments = [f"00000001{place}" for place in ("00000000000000FE", "00000000000000FF")]
    segments += [f"00000001000000010000000{number}" for number in range(4)]
    for name in (*segments, f"000000010000000100000004{PARTIAL}", "00000002.history"):
        (repository.wal / f"{name}{SUFFIX}").write_bytes(name.encode())
    for place, days in enumerate(AGES):
        ended = NOW - timedelta(days=days)
        base = replace(
            MADE, name=ended.strftime(NAME), begun_at=ended, ended_at=ended, first_segment=segments[place]
        )
        (repository.bases / base.name).mkdir()
        (repository.bases / base.name / BASE).write_bytes(b"sealed")
        repository.keep(base)
    return repository


def test_what_no_kept_moment_needs_goes_and_no_more(invented: Repository) -> None:
    """Fifteen days back one begins from the copy of twenty days ago."""
    assert invented.prune(NOW) == NAMES[:2]
    assert [base.name for base in invented.whole()] == NAMES[2:]
    assert next(iter(invented.changes())) == "000000010000000100000000"
    assert "00000002.history" in invented.changes()
    assert invented.prune(NOW + timedelta(days=1000)) == NAMES[2:3]  # two stay, however old


@pytest.mark.parametrize("left", [None, b""])
def test_a_missing_or_empty_change_is_found(invented: Repository, left: bytes | None) -> None:
    gone = invented.wal / f"000000010000000100000001{SUFFIX}"
    assert invented.gap(invented.whole()[0]) is None
    gone.unlink()
    if left is not None:
        gone.write_bytes(left)
    assert invented.gap(invented.whole()[0]) == "0000000100000001"
    assert invented.gap(invented.whole()[-1]) is None


def test_a_change_leaves_the_spool_once_the_disk_has_it(
    invented: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server has forgotten it by then: a power cut would take the only other copy."""
    monkeypatch.setenv("MINZHENG_BACKUP_RECIPIENT", new_key()[1])
    settings.cache_clear()
    spool, name = tmp_path / "spool", f"{9:024X}"
    spool.mkdir()
    (spool / name).write_bytes(b"changes")
    settled: list[str] = []

    def settle(descriptor: int) -> None:
        settled.append(Path(os.readlink(f"/proc/self/fd/{descriptor}")).name)
        assert (spool / name).exists()
        if len(settled) == 1:
            raise OSError(errno.EIO, "the disk fails")

    monkeypatch.setattr(os, "fsync", settle)
    with pytest.raises(OSError, match="the disk fails"):
        hand_in(spool, invented, also_partial=True)
    assert (spool / name).exists()
    assert name not in invented.changes()
    assert hand_in(spool, invented, also_partial=True) == [name]
    unfinished = f"{name}{SUFFIX}.unfinished"
    assert settled == [unfinished, unfinished, "wal"]


def test_the_copy_elsewhere_follows_and_keeps_what_was_wiped_here(invented: Repository) -> None:
    other = invented.copy()
    assert other is not None
    assert len(copied(invented)) == 8 + 5 + 5
    assert copied(invented) == []
    partial = next(path for name, path in invented.changes().items() if name.endswith(PARTIAL))
    partial.write_bytes(b"further now")
    os.utime(partial, (1, 1))
    assert [path.name for path in copied(invented)] == [partial.name]
    shutil.copy(partial, partial.with_name(partial.name.replace(PARTIAL, "")))
    copied(invented)
    assert partial.name not in {path.name for path in other.wal.iterdir()}  # though it is still here
    assert copied(invented) == []
    partial.unlink()
    shutil.rmtree(invented.bases / NAMES[-1])
    (invented.bases / NAMES[0] / BASE).write_bytes(b"changed later")
    copied(invented)
    assert partial.name not in {path.name for path in other.wal.iterdir()}
    assert [base.name for base in other.whole()] == NAMES
    assert (other.bases / NAMES[0] / BASE).read_bytes() == b"sealed"


@pytest.mark.parametrize(
    "said",
    [
        {"name": ".."},
        {"name": "/tmp"},
        {"name": NAMES[1]},
        {"first_segment": "F" * 24},
        {"said": 1},
        {"more": 1},
    ],
)
def test_an_entry_that_says_another_thing_takes_nothing_away(
    invented: Repository, said: dict[str, object]
) -> None:
    told = invented.bases / NAMES[0] / TOLD
    told.write_text(json.dumps(json.loads(told.read_text()) | said))
    before = sorted(invented.folder.rglob("*"))
    with pytest.raises(MinzhengError, match=NAMES[0]):
        invented.prune(NOW)
    assert sorted(invented.folder.rglob("*")) == before


def test_a_link_among_the_whole_copies_is_none(invented: Repository, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    (invented.bases / NAMES[0]).rename(elsewhere)
    (invented.bases / NAMES[0]).symlink_to(elsewhere)
    (invented.bases / "stray").mkdir()
    os.utime(invented.bases / "stray", (1, 1))
    assert invented.prune(NOW) == NAMES[1:2]
    assert sorted(path.name for path in elsewhere.iterdir()) == sorted([BASE, TOLD])
    assert (invented.bases / "stray").is_dir()


def test_a_partial_one_left_behind_covers_no_whole_one(
    invented: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret, public = new_key()
    (tmp_path / "key").write_text(secret)
    monkeypatch.setenv("MINZHENG_BACKUP_RECIPIENT", public)
    monkeypatch.setenv("MINZHENG_BACKUP_SENDER_KEY", SENDER)
    settings.cache_clear()
    last = "000000010000000100000004"
    for name in invented.changes():
        seal_change(name.encode(), invented.wal / f"{name}{SUFFIX}")
    laid = tmp_path / "laid"
    laid.mkdir()
    _lay_down_changes(invented, invented.whole()[-1], laid, identity(tmp_path / "key"))
    assert (laid / last).read_text() == f"{last}{PARTIAL}"
    seal_change(b"whole", invented.wal / f"{last}{SUFFIX}")
    _lay_down_changes(invented, invented.whole()[-1], laid, identity(tmp_path / "key"))
    assert (laid / last).read_text() == "whole"


def test_changes_come_in_while_a_whole_copy_is_taken(
    invented: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole copy is stood for by a wait; what receives, by a program that runs."""
    monkeypatch.setenv("MINZHENG_BACKUP_RECIPIENT", new_key()[1])
    monkeypatch.setenv("MINZHENG_BACKUP_SENDER_KEY", SENDER)
    settings.cache_clear()
    spool, name = tmp_path / "spool", "000000010000000100000005"
    spool.mkdir()
    (spool / name).write_bytes(b"change")
    taken, stop = Event(), Event()
    with subprocess.Popen(["sleep", "60"]) as program, ThreadPoolExecutor(2) as pool:
        try:
            beside = _Beside(pool)
            beside.begin(taken.wait)
            keeps = pool.submit(
                _keep_up, Warehouse("postgresql://nobody@/none"), invented, spool, program, beside, stop
            )
            wait_for("the change", holds=lambda: name in invented.changes())
            assert not beside.is_free()
        finally:
            stop.set()
            taken.set()
            program.kill()
        keeps.result()
