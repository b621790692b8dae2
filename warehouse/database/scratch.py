"""A database for a moment, in a server of its own: trying something out needs no warehouse and touches none."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from warehouse.database.connection import Warehouse
from warehouse.database.file_lock import alone
from warehouse.database.migrate import migrate
from warehouse.database.server import DATABASE, running_server
from warehouse.database.settings import settings

PREFIX = "scratch_"


@contextmanager
def scratch_database() -> Iterator[Warehouse]:
    """A migrated database with nothing in it, dropped at the end.

    Its server lies in ``scratch`` of the home and keeps the migrated database it is a copy of, so that only
    the first one takes as long as a migration. Whoever comes at the same time waits.
    """
    home = settings().home / "scratch"
    home.mkdir(parents=True, exist_ok=True)
    with (
        alone(home / "turn"),
        running_server(home) as warehouse,
        psycopg.connect(warehouse.at(database="postgres").address, autocommit=True) as admin,
    ):
        # What is thrown away need survive no power cut.
        admin.execute("alter system set fsync = off")
        admin.execute("select pg_reload_conf()")
        _drop_all(admin)
        migrate(warehouse)
        name = f"{PREFIX}{secrets.token_hex(6)}"
        admin.execute(f"create database {name} template {DATABASE} strategy file_copy")
        try:
            yield warehouse.at(database=name)
        finally:
            _drop_all(admin)


def _drop_all(admin: psycopg.Connection) -> None:
    """Also what one that was killed left behind: there are people in it."""
    rows = admin.execute(
        "select datname from pg_database where starts_with(datname, %s)", [PREFIX]
    ).fetchall()
    for (name,) in rows:
        admin.execute(f"drop database {name} with (force)")
