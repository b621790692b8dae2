"""Logins of a test."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing

import psycopg
import pytest

from warehouse.database.connection import Warehouse


@pytest.fixture
def login(database: Warehouse) -> Iterator[Callable[..., Warehouse]]:
    """The database for a new user who has one role and nothing else: ``login(role, *divisions)``."""
    made: list[str] = []

    def enter(role: str, *divisions: str) -> Warehouse:
        made.append(f"{role}_{len(made)}_{database.parameters['dbname']}")
        with psycopg.connect(database.address, autocommit=True) as admin:
            admin.execute(f"create role {made[-1]} login password 'test' in role {role}".encode())
            for division in divisions:
                admin.execute("insert into ops.division_scope values (%s, %s)", [made[-1], division])
        return database.at(username=made[-1], password="test")

    yield enter
    with psycopg.connect(database.address, autocommit=True) as admin:
        for user in made:
            admin.execute(f"drop owned by {user}; drop role {user}".encode())


@pytest.fixture
def log_in(login: Callable[..., Warehouse]) -> Iterator[Callable[..., psycopg.Connection]]:
    """A connection of such a user: ``log_in(role, *divisions)``."""
    with ExitStack() as opened:
        yield lambda *of: opened.enter_context(closing(psycopg.connect(login(*of).address, autocommit=True)))
