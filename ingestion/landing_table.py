"""Where the readable lines of a delivery go: straight into ``raw.<feed>`` while that is empty, else
by way of the temporary table ``landing``, so that repeats are known before a line is written for good.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg import sql

from ingestion.contract import Contract
from ingestion.inbox import Delivery
from ingestion.raw_table import key_terms, table
from ingestion.reading.stream import SYSTEM_COLUMNS, LineStream

LANDING = sql.Identifier("pg_temp", "landing")
# Line numbers of `landing` that repeat the version of their key before them.
REPEAT = sql.Identifier("pg_temp", "repeat")


def create(connection: psycopg.Connection, contract: Contract) -> None:
    """Make ``landing``, empty, with the columns of ``raw.<feed>``."""
    connection.execute(
        sql.SQL("create temporary table landing (like {}) on commit drop").format(table(contract))
    )


def drop(connection: psycopg.Connection) -> None:
    """Make room for the next delivery where several share an outer transaction."""
    connection.execute(sql.SQL("drop table {}, {}").format(LANDING, REPEAT))


@contextmanager
def copying(
    connection: psycopg.Connection, target: sql.Identifier, stream: LineStream, is_new: bool
) -> Iterator[psycopg.Copy]:
    """COPY into a table. is_new: it was emptied in this transaction; rows are written as final."""
    columns = sql.SQL(", ").join(map(sql.Identifier, (*SYSTEM_COLUMNS, *stream.columns)))
    statement = sql.SQL(
        "copy {} ({}) from stdin (delimiter {}, null '\\N', encoding 'UTF8', freeze {})"
    ).format(target, columns, sql.Literal(stream.delimiter), sql.Literal(is_new))
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        yield copy


def flag_repeats(
    connection: psycopg.Connection,
    contract: Contract,
    delivery: Delivery,
    hashes: Iterable[NDArray[np.uint64]],
) -> int:
    """Flag the repeats of a first delivery in ``raw.<feed>``; their number.

    hashes: the first halves of all row hashes. Lines can only repeat where one stands twice, which
    is rare and found without asking the database.
    """
    ordered = np.sort(np.concatenate([*hashes, np.zeros(0, np.uint64)]))
    twice = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    if not len(twice):
        return 0
    # As in the first half of the uuid's text.
    halves = [f"{int(half):016x}" for half in twice.byteswap()]
    keys = [sql.Identifier(f"key_{n}") for n in range(1, len(contract.key) + 1)]
    query = """
        with lines as materialized (
            select _line_number, _row_hash, {named_key} from {raw} as line where _delivery_id = {delivery_id}
        ),
        suspects as (
            select distinct {keys} from lines
            where left(replace(_row_hash::text, '-', ''), 16) = any({halves})
        ),
        compared as (
            select _line_number, _row_hash,
                lag(_row_hash) over (partition by {keys} order by _line_number) as before
            from lines inner join suspects using ({keys})
        )
        update {raw} as line set _is_repeat = true from compared
        where
            line._delivery_id = {delivery_id}
            and line._line_number = compared._line_number
            and compared._row_hash = compared.before
    """
    return connection.execute(
        sql.SQL(query).format(
            raw=table(contract),
            delivery_id=sql.Literal(delivery.delivery_id),
            halves=sql.Literal(halves),
            keys=sql.SQL(", ").join(keys),
            named_key=sql.SQL(", ").join(
                sql.SQL("{} as {}").format(term, name)
                for term, name in zip(key_terms(contract, "line"), keys, strict=True)
            ),
        )
    ).rowcount


def find_repeats(connection: psycopg.Connection, contract: Contract) -> int:
    """Fill ``repeat``; the number of repeats.

    A line repeats where its content is that of the version of its key just before it: the
    previous line of the key in this file, else the version landed last. Content that comes back
    after another version in between is a change, not a repeat.
    """
    keys = [sql.Identifier(f"key_{n}") for n in range(1, len(contract.key) + 1)]
    named_keys = [
        sql.SQL("{} as {}").format(term, name)
        for term, name in zip(key_terms(contract, "line"), keys, strict=True)
    ]
    parts: dict[str, sql.Composable] = {
        "named_key": sql.SQL(", ").join(named_keys),
        "keys": sql.SQL(", ").join(keys),
        "key_columns": sql.SQL(", ").join(map(sql.Identifier, contract.key)),
        "same_key": sql.SQL(" and ").join(
            sql.SQL("{} = {}").format(old, line)
            for old, line in zip(key_terms(contract, "old"), key_terms(contract, "line"), strict=True)
        ),
        "landing": LANDING,
        "raw": table(contract),
    }
    query = """
        with met as (select distinct {key_columns} from {landing}),
        versions as (
            select {named_key}, old._row_hash as row_hash,
                delivery.landed_at, old._line_number as old_line
            from {raw} as old
            inner join met as line on {same_key}
            inner join ops.delivery as delivery on delivery.delivery_id = old._delivery_id
        ),
        current as materialized (
            select distinct on ({keys}) {keys}, row_hash from versions
            order by {keys}, landed_at desc, old_line desc
        ),
        lines as (
            select _line_number, {named_key}, _row_hash as row_hash from {landing} as line
        ),
        compared as (
            select _line_number, {keys}, row_hash,
                lag(row_hash) over (partition by {keys} order by _line_number) as before
            from lines
        )
        select compared._line_number from compared left join current using ({keys})
        where compared.row_hash = coalesce(compared.before, current.row_hash)
    """
    connection.execute(sql.SQL("analyze {}").format(LANDING))
    cursor = connection.execute(
        sql.SQL("create temporary table repeat on commit drop as {}").format(sql.SQL(query).format(**parts))
    )
    connection.execute(sql.SQL("analyze {}").format(REPEAT))
    return cursor.rowcount


def move_to_raw(connection: psycopg.Connection, contract: Contract) -> None:
    """All lines of ``landing`` into ``raw.<feed>``, repeats flagged."""
    connection.execute(
        sql.SQL(
            "insert into {raw} ({columns}, _delivery_id, _line_number, _row_hash, _is_repeat) "
            "select {values}, line._delivery_id, line._line_number, line._row_hash, "
            "repeat._line_number is not null "
            "from {landing} as line left join {repeat} as repeat using (_line_number)"
        ).format(
            raw=table(contract),
            columns=sql.SQL(", ").join(map(sql.Identifier, contract.column_names)),
            values=sql.SQL(", ").join(sql.Identifier("line", name) for name in contract.column_names),
            landing=LANDING,
            repeat=REPEAT,
        )
    )
