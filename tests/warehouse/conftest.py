"""Logins of a test."""

from collections.abc import Callable, Iterator

import psycopg
import pytest

from warehouse.database.connection import Warehouse


@pytest.fixture
def log_in(server: Warehouse, database: Warehouse) -> Iterator[Callable[..., psycopg.Connection]]:
    """Logs in as a new user who has one role: ``log_in(role, *divisions)``."""
    made: list[tuple[str, psycopg.Connection]] = []
    suffix = database.parameters["dbname"]

    def enter(role: str, *divisions: str) -> psycopg.Connection:
        user = f"{role}_{len(made)}_{suffix}"
        with psycopg.connect(database.address, autocommit=True) as admin:
            admin.execute(f"create role {user} login password 'test' in role {role}".encode())
            for division in divisions:
                admin.execute("insert into ops.division_scope values (%s, %s)", [user, division])
        connection = psycopg.connect(database.at(username=user, password="test").address, autocommit=True)
        made.append((user, connection))
        return connection

    yield enter
    for user, connection in made:
        connection.close()
        with psycopg.connect(database.address, autocommit=True) as admin:
            admin.execute(f"drop owned by {user}".encode())
            admin.execute(f"drop role {user}".encode())
