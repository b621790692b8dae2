"""A server, a database or a pooler as others have set it up: the same results, or one sentence says why not."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from hostile_settings import HOSTILE, make_hostile
from sqlalchemy import text

from expectations.gate import GateRunner
from ingestion.session import SETTINGS, WITHOUT_LIMITS, another
from warehouse.database.chosen import open_warehouse
from warehouse.database.connection import SERVICE, Warehouse
from warehouse.database.errors import UsageError
from warehouse.database.server import Account, find_binaries, free_port
from warehouse.database.settings import PROJECT_ROOT, settings

PGBOUNCER = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
IN_FORCE = "select name, setting from pg_catalog.pg_settings where name = any(%s)"
ISO_DAY = "select date '2025-06-30' || ' ' || current_setting('transaction_isolation')"


def test_every_session_has_our_settings_whatever_the_database_says(database: Warehouse) -> None:
    make_hostile(database)
    with psycopg.connect(database.address) as connection:
        assert connection.execute(ISO_DAY).fetchone() == ("30/06/2025 serializable",)
    wanted = SETTINGS | WITHOUT_LIMITS
    assert {name.lower() for name in wanted} >= HOSTILE.keys()
    with database.connect() as first, another(first) as second:
        for connection in (first, second):
            found = dict(connection.execute(IN_FORCE, [list(wanted)]).fetchall())
            assert found == {name: wanted[name] for name in found}
            assert found.keys() >= SETTINGS.keys()
            assert connection.execute(ISO_DAY).fetchone() == ("2025-06-30 read committed",)
    with database.engine().begin() as connection:
        assert connection.execute(text(ISO_DAY)).scalar_one() == "2025-06-30 read committed"
    with GateRunner(database.engine()) as runner:
        gate = runner.source.get_execution_engine()
        (row,) = gate.execute_query(text(ISO_DAY)).fetchall()
        assert row[0] == "2025-06-30 read committed"


def test_a_database_whose_encoding_cannot_hold_names_is_refused_at_the_start(
    server: Warehouse, made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"test_ascii_{os.getpid()}"
    with psycopg.connect(server.address, autocommit=True) as admin:
        admin.execute(f"create database {name} encoding 'SQL_ASCII' locale 'C' template template0".encode())
        made.append(name)
    monkeypatch.setenv("MINZHENG_DATABASE_URL", server.at(database=name).address)
    settings.cache_clear()
    with pytest.raises(UsageError, match="has the encoding SQL_ASCII, and names need UTF8"), open_warehouse():
        pass


def test_tools_are_told_the_connection_by_their_environment_or_a_file_closed_to_others(
    database: Warehouse, tmp_path: Path
) -> None:
    place = Warehouse(f"{database.address}?sslmode=disable", "loader").environment
    assert place["PGDATABASE"] == database.parameters["dbname"]
    assert place["PGPASSWORD"] in database.address
    assert place["PGPASSWORD"] not in repr(database)
    assert place["PGSSLMODE"] == "disable"
    file = tmp_path / "pg_service.conf"
    file.write_text("from before, open to all")
    database.write_service_file(file)
    assert file.stat().st_mode & 0o777 == 0o600
    command = [str(find_binaries() / "psql"), f"service={SERVICE}", "-Atc", "select current_database()"]
    done = subprocess.run(
        command, env=os.environ | {"PGSERVICEFILE": str(file)}, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == place["PGDATABASE"]


# A pooler in between

NEEDS_PGBOUNCER = pytest.mark.skipif(
    not PGBOUNCER, reason="pgbouncer is not installed: pooling was not tried"
)


@pytest.fixture
def pooled(database: Warehouse, server: Warehouse, tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """The address of the test's database by a pool mode; one session of the server serves each pool of two."""
    place = database.parameters
    folder, port = tmp_path / "pooler", free_port()
    folder.mkdir()
    (folder / "users.txt").write_text(f'"{place["user"]}" "{place["password"]}"\n"pooled_{port}" "test"\n')
    pools = "\n".join(
        f"{mode} = host={place['host']} port={place['port']} dbname={place['dbname']} pool_mode={mode}"
        for mode in ("session", "transaction")
    )
    (folder / "pgbouncer.ini").write_text(
        f"[databases]\n{pools}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
        f"auth_type = plain\nauth_file = {folder / 'users.txt'}\ndefault_pool_size = 12\n"
    )
    account = Account.current()
    for path in (folder, *folder.iterdir()):
        os.chown(path, account.uid, account.gid)
    for parent in folder.parents:
        if parent.is_relative_to("/tmp") and parent != Path("/tmp"):
            parent.chmod(0o755)
    assert PGBOUNCER
    other = {"user": account.uid, "group": account.gid, "extra_groups": ()} if os.geteuid() == 0 else {}
    with psycopg.connect(database.address, autocommit=True) as admin:
        admin.execute(f"create role pooled_{port} login password 'test' in role loader, transformer".encode())
    with subprocess.Popen(
        [PGBOUNCER, str(folder / "pgbouncer.ini")],
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        **other,
    ) as pooler:
        try:
            address = f"postgresql://pooled_{port}:test@127.0.0.1:{port}/{{}}"
            _wait_for(address.format("session"))
            yield address.format
        finally:
            pooler.send_signal(signal.SIGKILL)
    with psycopg.connect(database.address, autocommit=True) as admin:
        admin.execute(f"drop owned by pooled_{port}".encode())
        admin.execute(f"drop role pooled_{port}".encode())


def _wait_for(address: str) -> None:
    for _ in range(100):
        try:
            psycopg.connect(address).close()
        except psycopg.OperationalError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the pooler does not answer")


@NEEDS_PGBOUNCER
def test_through_a_pool_of_sessions_all_works_and_nothing_stays_behind(
    pooled: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    address = pooled("session")
    monkeypatch.setenv("MINZHENG_DATABASE_URL", address)
    settings.cache_clear()
    with (
        open_warehouse() as named,
        named.exclusive("minzheng.build"),
        named.connect("transformer") as connection,
    ):
        assert connection.execute("select current_user::text").fetchone() == ("transformer",)
        assert connection.execute(ISO_DAY).fetchone() == ("2025-06-30 read committed",)
    with psycopg.connect(address) as next_one:
        assert next_one.execute("select current_user = session_user, current_setting('search_path')").fetchone() == (
            True, '"$user", public'
        )  # fmt: skip
        assert next_one.execute("select count(*) from pg_locks where locktype = 'advisory'").fetchone() == (
            0,
        )


HOLD = """
import sys
from warehouse.database.connection import Warehouse
with Warehouse(sys.argv[1]).exclusive("minzheng.build"):
    print("held", flush=True)
    sys.stdin.read()
"""


@NEEDS_PGBOUNCER
def test_the_lock_of_a_program_that_was_killed_behind_a_pool_is_free(pooled: Callable[[str], str]) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, pooled("session")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=PROJECT_ROOT, text=True,
    ) as holder:  # fmt: skip
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        holder.kill()
    with psycopg.connect(pooled("session")) as connection:
        connection.execute("set statement_timeout = '60s'")
        connection.execute("select pg_advisory_lock(hashtext('minzheng.build'))")


@NEEDS_PGBOUNCER
def test_a_pool_that_shares_sessions_is_refused_and_left_as_it_was(
    pooled: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINZHENG_DATABASE_URL", pooled("transaction"))
    settings.cache_clear()
    with pytest.raises(UsageError, match="pool_mode = session"), open_warehouse():
        pass
    with psycopg.connect(pooled("transaction")) as connection:
        assert connection.execute("show search_path").fetchone() == ('"$user", public',)
