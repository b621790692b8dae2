"""Where the readable lines of a delivery go: straight into ``raw.<feed>`` while that is empty, else
by way of the temporary table ``landing``, so that repeats are known before a line is written for good.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg import sql

from ingestion import versions
from ingestion.contract import Contract
from ingestion.inbox import Delivery
from ingestion.raw_table import key_terms, received_columns, table
from ingestion.reading.stream import SYSTEM_COLUMNS, LineStream

LANDING = sql.Identifier("pg_temp", "landing")
# Every line of `landing` beside the version of its key before it.
COMPARED = sql.Identifier("pg_temp", "compared")
# So many hashes are named in a statement; with more, all lines are compared.
FEW_REPEATS = 1000


def create(connection: psycopg.Connection, contract: Contract) -> None:
    """Make ``landing``, empty, with the columns of ``raw.<feed>``."""
    connection.execute(
        sql.SQL("create temporary table landing (like {}) on commit drop").format(table(contract))
    )


@contextmanager
def belonging_to(
    connection: psycopg.Connection, target: sql.Identifier, delivery: Delivery
) -> Iterator[None]:
    """What is the same for every line of a delivery is a default of the table meanwhile: it need
    not be sent and parsed with each of them."""
    same = {"_delivery_id": delivery.delivery_id, "_is_repeat": False, **delivery.constants}
    made, gone = (
        sql.SQL(", ").join(
            sql.SQL(action).format(sql.Identifier(name), sql.Literal(said)) for name, said in same.items()
        )
        for action in ("alter column {} set default {}", "alter column {0} drop default")
    )
    connection.execute(sql.SQL("alter table {} {}").format(target, made))
    yield
    connection.execute(sql.SQL("alter table {} {}").format(target, gone))


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
    suspect: sql.Composable = sql.SQL("true")
    if len(twice) <= FEW_REPEATS:
        # As in the first half of the uuid's text.
        halves = [f"{int(half):016x}" for half in twice.byteswap()]
        suspect = sql.SQL("left(replace(_row_hash::text, '-', ''), 16) = any({})").format(sql.Literal(halves))
    keys = [sql.Identifier(f"key_{n}") for n in range(1, len(contract.key) + 1)]
    query = """
        with lines as materialized (
            select _line_number, _row_hash, {named_key} from {raw} as line where _delivery_id = {delivery_id}
        ),
        suspects as (
            select distinct {keys} from lines
            where {suspect}
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
            suspect=suspect,
            keys=sql.SQL(", ").join(keys),
            named_key=sql.SQL(", ").join(
                sql.SQL("{} as {}").format(term, name)
                for term, name in zip(key_terms(contract, "line"), keys, strict=True)
            ),
        )
    ).rowcount


def find_repeats(connection: psycopg.Connection, contract: Contract) -> int:
    """Compare every line of ``landing`` with the version of its key just before it; the number of repeats.

    The version before is the previous line of the key in this file, else the one landed last.
    Content that comes back after another version in between is a change, not a repeat.
    """
    versions.ensure(connection, contract)
    connection.execute(sql.SQL("analyze {}").format(LANDING))
    query = """
        create temporary table compared on commit drop as
        with lines as (
            select _line_number, _row_hash, {key_hash} as key_hash from {landing} as line
        )
        select
            lines._line_number,
            lines.key_hash,
            lines._row_hash,
            version.row_hash is distinct from lines._row_hash
                and lead(lines._line_number) over by_key is null as is_new_version,
            lines._row_hash = coalesce(lag(lines._row_hash) over by_key, version.row_hash) is true as is_repeat
        from lines
        left join ops.line_version as version on version.feed = {feed} and version.key_hash = lines.key_hash
        window by_key as (partition by lines.key_hash order by lines._line_number)
    """
    connection.execute(
        sql.SQL(query).format(
            key_hash=versions.key_hash(contract, "line"), landing=LANDING, feed=sql.Literal(contract.feed)
        )
    )
    connection.execute(sql.SQL("analyze {}").format(COMPARED))
    row = connection.execute(sql.SQL("select count(*) from {} where is_repeat").format(COMPARED)).fetchone()
    return row[0] if row else 0


def move_to_raw(connection: psycopg.Connection, contract: Contract) -> None:
    """All lines of ``landing`` into ``raw.<feed>``, repeats flagged."""
    connection.execute(
        sql.SQL(
            "insert into {raw} ({columns}, _delivery_id, _line_number, _row_hash, _is_repeat) "
            "select {values}, line._delivery_id, line._line_number, line._row_hash, compared.is_repeat "
            "from {landing} as line inner join {compared} as compared using (_line_number)"
        ).format(
            raw=table(contract),
            columns=sql.SQL(", ").join(map(sql.Identifier, received_columns(contract))),
            values=sql.SQL(", ").join(sql.Identifier("line", name) for name in received_columns(contract)),
            landing=LANDING,
            compared=COMPARED,
        )
    )


def keep_versions(connection: psycopg.Connection, contract: Contract) -> None:
    """Let the last line of each key in ``landing`` be the version later deliveries are compared with."""
    connection.execute(
        sql.SQL(
            "insert into ops.line_version (feed, key_hash, row_hash) "
            "select {feed}, key_hash, _row_hash from {compared} where is_new_version "
            "on conflict (feed, key_hash) do update set row_hash = excluded.row_hash"
        ).format(feed=sql.Literal(contract.feed), compared=COMPARED)
    )
