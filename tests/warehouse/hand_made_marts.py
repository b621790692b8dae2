"""Marts and rules as dbt would leave them, small enough to count by hand."""

from datetime import date
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from warehouse.publishing.publish import Publication, publish
from warehouse.publishing.served import SOURCES, SPAN_COLUMNS

DAY = date(2025, 6, 30)


def columns(connection: psycopg.Connection, relation: str) -> dict[str, str]:
    """Names and types of a relation's columns, in order."""
    return dict(
        connection.execute(
            "select attname, format_type(atttypid, atttypmod) from pg_attribute"
            " where attrelid = %s::regclass and attnum > 0 and not attisdropped order by attnum",
            [relation],
        ).fetchall()
    )


class Marts:
    """Creates the published sources, empty, and changes them. Tables are named as in ``pub``.

    In a copy of a database that has them they stay as they are.
    """

    def __init__(self, connection: psycopg.Connection) -> None:
        self.connection = connection
        if connection.execute("select to_regclass('marts.resident') is null").fetchone() == (True,):
            self.create()

    def create(self) -> None:
        for name, source in SOURCES.items():
            kinds = columns(self.connection, f"pub.{name}")
            definition = ", ".join(f"{c} {kind}" for c, kind in kinds.items() if c not in SPAN_COLUMNS)
            self.execute(f"create table {source} ({definition})")
        self.connection.commit()

    def execute(self, statement: str, parameters: Any = None) -> None:
        self.connection.execute(statement.encode(), parameters)

    def add(self, table: str, **values: Any) -> None:
        """One row; columns not named are null, lists and dicts are JSON."""
        self.connection.execute(
            sql.SQL("insert into {} ({}) values ({})").format(
                sql.Identifier(*SOURCES[table].split(".")),
                sql.SQL(", ").join(map(sql.Identifier, values)),
                sql.SQL(", ").join(sql.Placeholder() * len(values)),
            ),
            [Jsonb(value) if isinstance(value, list | dict) else value for value in values.values()],
        )

    def number(self, first_17: str) -> str:
        """The identity number, with its check character."""
        row = self.connection.execute(
            "select %s || clean.check_character(%s)", [first_17, first_17]
        ).fetchone()
        assert row
        return str(row[0])

    def add_resident(self, resident_id: int, **values: Any) -> None:
        """A living registered resident with a made-up number."""
        number = self.number(f"42020319600101{resident_id:03}")
        self.add(
            "resident",
            **{
                "resident_id": resident_id,
                "id_number": number,
                "masked_id_number": f"{number[:6]}********{number[-4:]}",
                "name": f"居民{resident_id}",
                "is_registered": True,
                "division_code": "420203",
            }
            | values,
        )

    def publish(self, digest: str = "digest") -> Publication:
        """Publish and commit."""
        publication = publish(self.connection, DAY, digest)
        self.connection.commit()
        return publication


def rows_at(connection: psycopg.Connection, table: str, generation: int, shown: str) -> list[tuple]:
    """What a table held in a generation, whatever the pointer says."""
    return connection.execute(
        sql.SQL(
            "select {} from {} where from_generation <= %s"
            " and (to_generation is null or to_generation > %s) order by row_key"
        ).format(sql.SQL(", ").join(map(sql.Identifier, shown.split())), sql.Identifier("pub", table)),
        [generation, generation],
    ).fetchall()
