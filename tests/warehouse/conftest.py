"""Logins of a test."""

from collections.abc import Callable, Iterator

import psycopg
import pytest


@pytest.fixture
def log_in(server_url: str, database: str) -> Iterator[Callable[..., psycopg.Connection]]:
    """Logs in as a new user who has one role: ``log_in(role, *divisions)``."""
    made: list[tuple[str, psycopg.Connection]] = []
    suffix = database.rsplit("/", 1)[1]
    place = database.rsplit("@", 1)[1]

    def enter(role: str, *divisions: str) -> psycopg.Connection:
        user = f"{role}_{len(made)}_{suffix}"
        with psycopg.connect(database, autocommit=True) as admin:
            admin.execute(f"create role {user} login password 'test' in role {role}".encode())
            for division in divisions:
                admin.execute("insert into ops.division_scope values (%s, %s)", [user, division])
        connection = psycopg.connect(f"postgresql://{user}:test@{place}", autocommit=True)
        made.append((user, connection))
        return connection

    yield enter
    for user, connection in made:
        connection.close()
        with psycopg.connect(database, autocommit=True) as admin:
            admin.execute(f"drop owned by {user}".encode())
            admin.execute(f"drop role {user}".encode())
