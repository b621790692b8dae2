"""Shared fixtures: a real PostgreSQL for every test that needs one."""

import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from warehouse.database import connect
from warehouse.migrate import FOLDER, migrate
from warehouse.server import running_server


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
        yield url


@pytest.fixture(scope="session")
def new_database(server_url: str) -> Iterator[Callable[[str | None], str]]:
    """Makes databases, empty or as copies of another (its URL); all are dropped at the end."""
    names: list[str] = []
    place = server_url.rsplit("/", 1)[0]

    def make(template: str | None = None) -> str:
        names.append(f"test_{uuid.uuid4().hex[:12]}")
        source = template.rsplit("/", 1)[1] if template else "template1"
        with psycopg.connect(server_url, autocommit=True) as admin:
            # A database can only be copied while nobody uses it.
            admin.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [source]
            )
            admin.execute(f"create database {names[-1]} template {source}")
        return f"{place}/{names[-1]}"

    yield make
    with psycopg.connect(server_url, autocommit=True) as admin:
        for name in names:
            admin.execute(f"drop database if exists {name} with (force)")


@pytest.fixture
def empty_database(new_database: Callable[[str | None], str]) -> str:
    """URL of a new, empty database."""
    return new_database(None)


@pytest.fixture(scope="session")
def migrated(new_database: Callable[[str | None], str]) -> str:
    """URL of a database with all migrations applied; to be copied, never used."""
    url = new_database(None)
    migrate(url)
    return url


@pytest.fixture
def database(migrated: str, new_database: Callable[[str | None], str]) -> str:
    """URL of a new database with all migrations applied: a copy, which takes a moment."""
    url = new_database(migrated)
    with connect(url) as connection:  # rights on the database itself are not copied
        connection.cursor().execute((FOLDER / "sql" / "05_roles.sql").read_bytes())
    return url


@pytest.fixture
def connection(database: str) -> Iterator[psycopg.Connection]:
    """A connection to a migrated database."""
    with connect(database) as open_connection:
        yield open_connection
