"""Served tables ``pub.<table>``: from which mart or seed, under which key, with which columns.

Each is said once, where the mart or seed is described (``config.meta.served`` in its YAML); ``minzheng sync``
gathers it here and ``minzheng migrate`` gives the tables their shape.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

FILE = Path(__file__).with_name("served_tables.json")
SPAN_COLUMNS = {
    "row_key": ("text not null", "业务键（文本）"),
    "row_hash": ("uuid not null", "内容摘要；相同即未变"),
    "from_generation": ("integer not null", "自该世代起有效"),
    "to_generation": (
        "integer check (to_generation > from_generation)",
        "到该世代前有效；空值表示仍然有效",
    ),
}


@dataclass(frozen=True)
class ServedColumn:
    """Its name, SQL type and Chinese meaning."""

    name: str
    type: str
    title: str


@dataclass(frozen=True)
class Published:
    """A served table, where it comes from, and the columns that name a row.

    name: table in ``pub``; its columns are those taken from the source.
    key: columns whose values name a row, from one generation to the next.
    is_numbered: rows may share a key (several unresolved people in one line) and are then
        counted through in the order of their content.
    title: Chinese meaning of a row.
    """

    name: str
    source: str
    key: tuple[str, ...]
    is_numbered: bool = False
    title: str = ""
    columns: tuple[ServedColumn, ...] = ()


def _read() -> tuple[Published, ...]:
    return tuple(
        Published(
            name=table["name"],
            source=table["source"],
            key=tuple(table["key"]),
            is_numbered=table["is_numbered"],
            title=table["title"],
            columns=tuple(ServedColumn(*column) for column in table["columns"]),
        )
        for table in json.loads(FILE.read_text(encoding="utf-8"))
    )


# In the order in which they are written. Everything the serving side reads is listed here.
PUBLISHED = _read()
# Served table: where it comes from.
SOURCES = {published.name: published.source for published in PUBLISHED}

SHAPE = """
select relname::text, array_agg(attname::text order by attnum)
from pg_class inner join pg_attribute on attrelid = pg_class.oid
where relnamespace = 'pub'::regnamespace and relkind = 'r' and attnum > 0 and not attisdropped
group by relname
"""


def ensure(cursor: psycopg.Cursor) -> None:
    """Make served tables and columns that are missing, and describe all.

    A column that is served no longer stays where generations hold it. What is made for each served table
    (``warehouse/code/pub``) follows.
    """
    shape: dict[str, list[str]] = dict(cursor.execute(SHAPE).fetchall())
    for published in PUBLISHED:
        known = shape.get(published.name)
        missing = [column for column in published.columns if known is None or column.name not in known]
        if known is None:
            cursor.execute(sql.SQL("\n").join(_creation(published)))
        elif missing:
            cursor.execute(sql.SQL("\n").join(_addition(published, column) for column in missing))
        cursor.execute(sql.SQL("\n").join(_comments(published)))


def _creation(published: Published) -> Iterator[sql.Composed]:
    table = sql.Identifier("pub", published.name)
    definitions = [(name, kind) for name, (kind, _) in SPAN_COLUMNS.items()]
    definitions += [(column.name, column.type) for column in published.columns]
    yield sql.SQL("create table {} ({}, primary key (row_key, from_generation));").format(
        table,
        sql.SQL(", ").join(
            sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(kind)) for name, kind in definitions
        ),
    )
    yield sql.SQL("create unique index on {} (row_key) where to_generation is null;").format(table)


def _addition(published: Published, column: ServedColumn) -> sql.Composed:
    return sql.SQL("alter table {} add column {} {};").format(
        sql.Identifier("pub", published.name), sql.Identifier(column.name), sql.SQL(column.type)
    )


def _comments(published: Published) -> Iterator[sql.Composed]:
    table = sql.Identifier("pub", published.name)
    yield _comment(sql.SQL("table {}").format(table), f"{published.title}（按发布世代保存）")
    described = [(name, title) for name, (_, title) in SPAN_COLUMNS.items()]
    described += [(column.name, column.title) for column in published.columns]
    for name, title in described:
        yield _comment(sql.SQL("column {}.{}").format(table, sql.Identifier(name)), title)


def _comment(what: sql.Composed, text: str) -> sql.Composed:
    return sql.SQL("comment on {} is {};").format(what, sql.Literal(text))
