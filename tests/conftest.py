"""Shared fixtures: a real PostgreSQL for every test that needs one."""

import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from warehouse.database import connect
from warehouse.migrate import migrate
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


@pytest.fixture
def empty_database_factory(server_url: str) -> Iterator[Callable[[], str]]:
    """Makes more databases for a test that compares some; all are dropped at the end."""
    names: list[str] = []

    def make() -> str:
        names.append(f"test_{uuid.uuid4().hex[:12]}")
        with psycopg.connect(server_url, autocommit=True) as admin:
            admin.execute(f"create database {names[-1]}")
        return server_url.rsplit("/", 1)[0] + f"/{names[-1]}"

    yield make
    with psycopg.connect(server_url, autocommit=True) as admin:
        for name in names:
            admin.execute(f"drop database {name} with (force)")


@pytest.fixture
def empty_database(empty_database_factory: Callable[[], str]) -> str:
    """URL of a new, empty database, dropped at the end."""
    return empty_database_factory()


@pytest.fixture
def database(empty_database: str) -> str:
    """URL of a new database with all migrations applied."""
    migrate(empty_database)
    return empty_database


@pytest.fixture
def connection(database: str) -> Iterator[psycopg.Connection]:
    """A connection to a migrated database."""
    with connect(database) as open_connection:
        yield open_connection
