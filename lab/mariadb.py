"""A MariaDB of this machine for as long as it is needed: a foreign system for tests, benchmarks and the demo."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pymysql

from warehouse.database.errors import UsageError
from warehouse.database.server import free_port

SECONDS_TO_START = 60
ROOT = "root"  # and its password: it listens to this machine alone


def installed() -> str | None:
    """The server's program (Debian: mariadb-server); none where there is none."""
    return shutil.which("mariadbd") or shutil.which("mariadbd", path="/usr/sbin:/usr/local/sbin")


@contextmanager
def mariadb(folder: Path, *options: str) -> Iterator[int]:
    """An empty server in a folder; its port. options: further ones of the server. Raises UsageError where none is
    installed or it does not start."""
    program = installed()
    if program is None:
        raise UsageError(
            "没有安装 MariaDB（Debian：mariadb-server）。 MariaDB is not installed (Debian: mariadb-server)."
        )
    data = folder / "data"
    as_root = ["--user=root"] if os.geteuid() == 0 else []
    install = shutil.which("mariadb-install-db") or "mariadb-install-db"
    subprocess.run(
        [install, "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal", *as_root],
        check=True, capture_output=True,
    )  # fmt: skip
    port = free_port()
    init = folder / "init.sql"
    init.write_text(f"set password for root@localhost = password('{ROOT}');\nset global sql_mode = '';\n")
    process = subprocess.Popen(
        [
            program, "--no-defaults", f"--datadir={data}", f"--port={port}", "--bind-address=127.0.0.1",
            f"--socket={folder / 'socket'}", f"--init-file={init}", "--innodb-buffer-pool-size=16M",
            "--innodb-flush-log-at-trx-commit=0", "--skip-log-bin", "--default-time-zone=+08:00", *as_root, *options,
        ],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        if not answers(port, process):
            raise UsageError("MariaDB 没有启动。 MariaDB did not start.")
        yield port
    finally:
        process.terminate()
        process.wait(30)


def connected(port: int, database: str = "") -> "pymysql.Connection[pymysql.cursors.Cursor]":
    return pymysql.connect(
        host="127.0.0.1", port=port, user="root", password=ROOT, database=database or None, autocommit=True,
        charset="utf8mb4",
    )  # fmt: skip


def answers(port: int, process: "subprocess.Popen[bytes]") -> bool:
    """Whether a program that was just started takes connections at a port before it ends, and in time."""
    end = time.monotonic() + SECONDS_TO_START
    while process.poll() is None and time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return True
        except OSError:
            time.sleep(0.1)
    return False
