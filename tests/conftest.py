"""Shared fixtures: a real PostgreSQL for every test that needs one."""

import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, settings

from warehouse.config import PROJECT_ROOT
from warehouse.database import connect
from warehouse.migrate import migrate
from warehouse.server import running_server

# A busy machine is slow, and no test says how fast: no example fails for the time it took.
settings.register_profile("any_machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any_machine")

# Every test has a home of its own; the parsed dbt project is of the program, as in daily use.
os.environ["MINZHENG_DBT_MANIFESTS"] = str(PROJECT_ROOT / ".minzheng" / "dbt_manifests")


@pytest.fixture(scope="session")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An embedded server for the whole test session (or the one named in the environment)."""
    named = os.environ.get("MINZHENG_TEST_DATABASE_URL")
    if named:
        yield named
        return
    home = tmp_path_factory.getbasetemp() / "server"
    for folder in (home, *home.parents):  # the server's account must be able to enter
        if folder.is_relative_to("/tmp") and folder != Path("/tmp") and folder.exists():
            folder.chmod(0o755)
    with running_server(home) as url:
        with psycopg.connect(url, autocommit=True) as admin:  # thrown away afterwards: nothing to wait for
            admin.execute("alter system set fsync = off")
            admin.execute("alter system set max_wal_size = '512MB'")
            admin.execute("select pg_reload_conf()")
        yield url


@pytest.fixture(scope="session")
def made() -> list[str]:
    """Names of the databases that were made and still stand."""
    return []


def _drop(server_url: str, names: list[str]) -> None:
    with psycopg.connect(server_url, autocommit=True) as admin:
        while names:
            admin.execute(f"drop database if exists {names.pop()} with (force)")


@pytest.fixture(scope="session")
def new_database(server_url: str, made: list[str]) -> Iterator[Callable[[str | None], str]]:
    """Makes databases, empty or as copies of another (its URL). Those a test made go with the test, those
    of a module or of the session at the end."""
    place = server_url.rsplit("/", 1)[0]

    def make(template: str | None = None) -> str:
        name = f"test_{uuid.uuid4().hex[:12]}"
        source = template.rsplit("/", 1)[1] if template else "template1"
        with psycopg.connect(server_url, autocommit=True) as admin:
            # A database can only be copied while nobody uses it.
            admin.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [source]
            )
            admin.execute(f"create database {name} template {source}")
            made.append(name)
            # A copy comes without the rights on the database itself.
            admin.execute(
                """
                update pg_database as copy set datacl = original.datacl from pg_database as original
                where copy.datname = %s and original.datname = %s
                """,
                [name, source],
            )
        return f"{place}/{name}"

    yield make
    _drop(server_url, made)


@pytest.fixture(autouse=True)
def databases_of_a_test_go_with_it(made: list[str], request: pytest.FixtureRequest) -> Iterator[None]:
    """Together they would fill a disk. Fixtures of a wider scope have made theirs before."""
    stood = len(made)
    yield
    if made[stood:]:
        own, made[stood:] = made[stood:], []
        _drop(request.getfixturevalue("server_url"), own)


@pytest.fixture
def empty_database(new_database: Callable[[str | None], str]) -> str:
    """URL of a new, empty database."""
    return new_database(None)


@pytest.fixture(scope="session")
def migrated(new_database: Callable[[str | None], str]) -> str:
    """URL of a database with all migrations applied, to be copied and never used itself."""
    url = new_database(None)
    migrate(url)
    return url


@pytest.fixture
def database(new_database: Callable[[str | None], str], migrated: str) -> str:
    """URL of a new database with all migrations applied."""
    return new_database(migrated)


@pytest.fixture
def connection(database: str) -> Iterator[psycopg.Connection]:
    """A connection to a migrated database."""
    with connect(database) as open_connection:
        yield open_connection
