"""A database for landings, with nothing landed in it."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql

from warehouse.database.connection import Warehouse


@contextmanager
def emptied(database: Warehouse) -> Iterator[psycopg.Connection]:
    with database.connect() as connection:
        connection.execute(
            "truncate ops.delivery, ops.rejected_delivery, ops.rejected_row, ops.line_version, ops.inbox_stray"
        )
        for (table,) in connection.execute(
            "select tablename from pg_tables where schemaname = 'raw'"
        ).fetchall():
            connection.execute(sql.SQL("drop table {} cascade").format(sql.Identifier("raw", table)))
        connection.commit()
        yield connection
        connection.rollback()
