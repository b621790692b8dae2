"""The temporary table ``landing`` that holds one delivery while it is checked.

Columns as in `ingestion.reading.stream`: line number, fault, faulty column, raw line, then the
contract's columns in the order of the file, all text.
"""

import psycopg
from psycopg import sql

from ingestion.contract import Contract
from ingestion.inbox import Delivery
from ingestion.raw_table import key_terms, table
from ingestion.reading.stream import SYSTEM_COLUMNS, LineStream

LANDING = sql.Identifier("pg_temp", "landing")
# Line numbers of `landing` that repeat the version of their key before them.
REPEAT = sql.Identifier("pg_temp", "repeat")


def copy_lines(connection: psycopg.Connection, stream: LineStream) -> int:
    """Create the table and fill it from the stream; the number of lines. Raises DeliveryFault."""
    types = SYSTEM_COLUMNS | dict.fromkeys(stream.columns, "text")
    columns = [sql.Identifier(name) for name in types]
    definitions = [
        sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(kind)) for name, kind in types.items()
    ]
    connection.execute(
        sql.SQL("create temporary table landing ({}) on commit drop").format(sql.SQL(", ").join(definitions))
    )
    statement = sql.SQL("copy {} ({}) from stdin (format text, delimiter {}, null '\\N', encoding 'UTF8')")
    with connection.cursor() as cursor:
        with cursor.copy(
            statement.format(LANDING, sql.SQL(", ").join(columns), sql.Literal(stream.delimiter))
        ) as copy:
            for block in stream.blocks():
                copy.write(block)
        copied = cursor.rowcount
    connection.execute(sql.SQL("analyze {}").format(LANDING))
    return copied


def drop(connection: psycopg.Connection) -> None:
    """Make room for the next delivery where several share an outer transaction."""
    connection.execute(sql.SQL("drop table {}, {}").format(LANDING, REPEAT))


def count_rejected(connection: psycopg.Connection) -> int:
    row = connection.execute(
        sql.SQL("select count(*) from {} where _fault is not null").format(LANDING)
    ).fetchone()
    return row[0] if row else 0


def find_repeats(connection: psycopg.Connection, contract: Contract, is_first_load: bool) -> int:
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
        "key": sql.SQL(", ").join(key_terms(contract, "line")),
        "named_key": sql.SQL(", ").join(named_keys),
        "keys": sql.SQL(", ").join(keys),
        "landing": LANDING,
        "raw": table(contract),
    }
    if is_first_load:
        query = """
            with twice as materialized (
                select {named_key} from {landing} as line where _fault is null
                group by {key} having count(*) > 1
            ),
            lines as (
                select _line_number, {named_key}, _row_hash as row_hash
                from {landing} as line where _fault is null and ({key}) in (select {keys} from twice)
            ),
            compared as (
                select _line_number, row_hash,
                    lag(row_hash) over (partition by {keys} order by _line_number) as before
                from lines
            )
            select _line_number from compared where row_hash = before
        """
    else:
        parts["key_columns"] = sql.SQL(", ").join(map(sql.Identifier, contract.key))
        parts["same_key"] = sql.SQL(" and ").join(
            sql.SQL("{} = {}").format(old, line)
            for old, line in zip(key_terms(contract, "old"), key_terms(contract, "line"), strict=True)
        )
        query = """
            with met as (select distinct {key_columns} from {landing} where _fault is null),
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
                select _line_number, {named_key}, _row_hash as row_hash
                from {landing} as line where _fault is null
            ),
            compared as (
                select _line_number, {keys}, row_hash,
                    lag(row_hash) over (partition by {keys} order by _line_number) as before
                from lines
            )
            select compared._line_number from compared left join current using ({keys})
            where compared.row_hash = coalesce(compared.before, current.row_hash)
        """
    cursor = connection.execute(
        sql.SQL("create temporary table repeat on commit drop as {}").format(sql.SQL(query).format(**parts))
    )
    connection.execute(sql.SQL("analyze {}").format(REPEAT))
    return cursor.rowcount


def move_to_raw(connection: psycopg.Connection, contract: Contract, delivery: Delivery) -> None:
    """All readable lines into ``raw.<feed>``, repeats flagged."""
    connection.execute(
        sql.SQL(
            "insert into {raw} ({columns}, _delivery_id, _line_number, _row_hash, _is_repeat) "
            "select {values}, {delivery_id}, line._line_number, line._row_hash, "
            "repeat._line_number is not null "
            "from {landing} as line left join {repeat} as repeat using (_line_number) "
            "where line._fault is null"
        ).format(
            raw=table(contract),
            columns=sql.SQL(", ").join(map(sql.Identifier, contract.column_names)),
            values=sql.SQL(", ").join(sql.Identifier("line", name) for name in contract.column_names),
            delivery_id=sql.Literal(delivery.delivery_id),
            landing=LANDING,
            repeat=REPEAT,
        )
    )


def record_rejected(
    connection: psycopg.Connection, delivery: Delivery, stream: LineStream, amount: sql.Composable
) -> None:
    """All faulty lines into ``ops.rejected_row``; the ledger row must be there already.

    amount: yuan of a line for the control total, as SQL over the columns of ``landing``.
    """
    fields = [sql.SQL("coalesce({}, '')").format(sql.Identifier(name)) for name in stream.columns]
    connection.execute(
        sql.SQL(
            "insert into ops.rejected_row "
            "(delivery_id, line_number, reason_code, column_name, raw_line, amount_yuan) "
            "select {delivery_id}, _line_number, _fault, _fault_column, "
            "coalesce(_raw_line, concat_ws({delimiter}, {fields})), {amount} "
            "from {landing} where _fault is not null order by _line_number"
        ).format(
            delivery_id=sql.Literal(delivery.delivery_id),
            delimiter=sql.Literal(stream.delimiter),
            fields=sql.SQL(", ").join(fields),
            amount=amount,
            landing=LANDING,
        )
    )
