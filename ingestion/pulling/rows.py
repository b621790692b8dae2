"""Rows of another database as columns of text, some thousand at once, in constant memory.

PostgreSQL and MySQL write their rows as CSV themselves: made value by value in Python, they are most of the work. What
a value looks like as text stays the driver's word: where it would make anything but a text of it, what the server wrote
is handed to it, once for each different value.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from itertools import islice
from select import select
from typing import Any

import psycopg
import pyarrow
import pymysql
import sqlalchemy as sa
from psycopg.pq import DiagnosticField, ExecStatus, Format
from psycopg.pq.abc import PGconn, PGresult
from pyarrow import csv as arrow_csv
from pymysql.connections import TEXT_TYPES
from pymysql.constants import FIELD_TYPE
from sqlalchemy.dialects.mysql import CHAR

ROWS_AT_ONCE = 5000
# As the server writes them they are the text that is wanted, whatever a driver makes of them.
POSTGRESQL_TEXTS = ("text", "varchar", "bpchar", "name", "numeric", "int2", "int4", "int8", "date")
MYSQL_TEXTS = (FIELD_TYPE.DATE, FIELD_TYPE.DECIMAL, FIELD_TYPE.NEWDECIMAL)
MYSQL_BYTES = 63  # the character set of what is none

Selected = Sequence[sa.ColumnElement[Any]]
Asking = Callable[[Selected], sa.Select[Any]]
# Values of a column, by its header, as texts; raises where they cannot be.
Texts = Callable[[Sequence[Any], str], Sequence[str | None]]
# What the driver makes of a text; null where that is the text.
Load = Callable[[str], Any]


class NoText(Exception):
    """Bytes that are no UTF-8, or a row that is too long to be one text."""


def columns(
    connection: sa.Connection, headers: Sequence[str], asking: Asking, texts: Texts
) -> Iterator[list[pyarrow.StringArray]]:
    """asking: the statement that selects something of the rows. Raises NoText, and what the driver raises."""
    driver = connection.connection.driver_connection
    wanted: list[sa.ColumnClause[Any]] = [sa.column(header) for header in headers]
    if isinstance(driver, psycopg.Connection):
        loads = _loads_of_postgresql(connection, driver, asking(wanted))
        batches = _copied(connection, driver, asking(wanted))
    elif isinstance(driver, pymysql.Connection):
        fields = _fields(connection, asking(wanted))
        loads = [_load_of_mysql(driver, field) for field in fields]
        written = [_written(column, field) for column, field in zip(wanted, fields, strict=True)]
        batches = _written_by_mysql(connection, driver, asking([sa.func.concat_ws(",", *written)]))
    else:
        streaming = connection.execution_options(stream_results=True, max_row_buffer=ROWS_AT_ONCE)
        for rows in streaming.execute(asking(wanted)).partitions(ROWS_AT_ONCE):
            values = zip(headers, zip(*rows, strict=True), strict=True)
            yield [pyarrow.array(texts(column, header), pyarrow.string()) for header, column in values]
        return
    try:
        with closing(batches):
            for batch in batches:
                arrays = _parsed(batch, headers)
                yield [
                    array if load is None else _loaded(array, load, header, texts)
                    for array, load, header in zip(arrays, loads, headers, strict=True)
                ]
    except (UnicodeDecodeError, pyarrow.ArrowInvalid):
        raise NoText from None


def _parsed(lines: bytes, headers: Sequence[str]) -> list[pyarrow.StringArray]:
    """lines: CSV in which an empty text stands in quotes, and null is empty."""
    table = arrow_csv.read_csv(
        pyarrow.BufferReader(lines),
        arrow_csv.ReadOptions(use_threads=False, block_size=len(lines) + 1, column_names=[*headers]),
        arrow_csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
        arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(headers, pyarrow.string()),
            null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=False,
        ),
    )  # fmt: skip
    return [column.combine_chunks() for column in table.columns]


def _loaded(array: pyarrow.StringArray, load: Load, header: str, texts: Texts) -> pyarrow.StringArray:
    encoded = array.dictionary_encode()
    values = [load(text) for text in encoded.dictionary.to_pylist()]
    return pyarrow.array(texts(values, header), pyarrow.string()).take(encoded.indices)


# PostgreSQL -----------------------------------------------------------------------------------


def _loads_of_postgresql(
    connection: sa.Connection, driver: psycopg.Connection[Any], statement: sa.Select[Any]
) -> list[Load | None]:
    as_they_are = {driver.adapters.types[name].oid for name in POSTGRESQL_TEXTS}
    with connection.execute(statement.where(sa.false())) as nothing:
        kinds = [kind for _, kind, *_ in nothing.cursor.description]
    return [None if kind in as_they_are else _load_of_postgresql(driver, kind) for kind in kinds]


def _load_of_postgresql(driver: psycopg.Connection[Any], kind: Any) -> Load | None:
    loader = driver.adapters.get_loader(kind, Format.TEXT)
    if loader is None:  # a type of the source's own
        return None
    made = loader(kind, driver)
    return lambda text: made.load(text.encode())


def _copied(
    connection: sa.Connection, driver: psycopg.Connection[Any], statement: sa.Select[Any]
) -> Generator[bytes]:
    """By libpq itself, as psycopg wraps it: its own reading of a copy makes several calls for each row.

    Whoever does not read to the end closes the connection: nothing else can be asked in the middle of an answer.
    """
    compiled = statement.compile(connection)
    written = psycopg.ClientCursor(driver).mogrify(str(compiled), compiled.construct_params())
    line = driver.pgconn
    _check(line.exec_(f"copy ({written}) to stdout (format csv)".encode()), ExecStatus.COPY_OUT)
    rows = _rows_of_copy(line)
    while batch := b"".join(islice(rows, ROWS_AT_ONCE)):
        yield batch
    _check(line.get_result(), ExecStatus.COMMAND_OK)
    line.get_result()  # there is no other


def _rows_of_copy(line: PGconn) -> Iterator[memoryview]:
    """What comes at once is a row, as the protocol says."""
    while True:
        size, row = line.get_copy_data(1)
        if size > 0:
            yield row
        elif size < 0:
            return
        else:
            select([line.socket], [], [])
            line.consume_input()


def _check(result: PGresult | None, wanted: ExecStatus) -> None:
    """Raises psycopg.Error, which knows the SQLSTATE and not the server's words."""
    if result is None or result.status != wanted:
        state = result.error_field(DiagnosticField.SQLSTATE) if result else None
        try:
            kind = psycopg.errors.lookup(state.decode()) if state else psycopg.OperationalError
        except KeyError:  # of the source's own making
            kind = psycopg.DatabaseError
        raise kind()


# MySQL ----------------------------------------------------------------------------------------


def _fields(connection: sa.Connection, statement: sa.Select[Any]) -> list[Any]:
    """What the server says of each column, as the driver holds it."""
    with connection.execute(statement.where(sa.false())) as nothing:
        return list(nothing.cursor._result.fields)


def _load_of_mysql(driver: "pymysql.Connection[Any]", field: Any) -> Load | None:
    if _holds_bytes(field):
        width = 2 * -(-field.length // 8) if field.type_code == FIELD_TYPE.BIT else 0
        return lambda text: bytes.fromhex(text.zfill(width))
    if field.type_code in (*TEXT_TYPES, *MYSQL_TEXTS):
        return None
    return driver.decoders.get(field.type_code)


def _written(column: sa.ColumnClause[Any], field: Any) -> sa.ColumnElement[str]:
    """A field of CSV."""
    text = sa.func.hex(column) if _holds_bytes(field) else sa.cast(column, CHAR(charset="utf8mb4"))
    quoted = sa.func.concat('"', sa.func.replace(text, '"', '""'), '"')
    # Null too is what is beyond the server's max_allowed_packet: that leaves the line a field short, which is no CSV.
    return sa.func.if_(column.is_(None), "", quoted)


def _holds_bytes(field: Any) -> bool:
    return field.type_code in TEXT_TYPES and field.charsetnr == MYSQL_BYTES


def _written_by_mysql(
    connection: sa.Connection, driver: "pymysql.Connection[Any]", statement: sa.Select[Any]
) -> Generator[bytes]:
    compiled = statement.compile(connection)
    cursor = driver.cursor(pymysql.cursors.SSCursor)
    cursor.execute(str(compiled), compiled.construct_params())
    try:
        while rows := cursor.fetchmany(ROWS_AT_ONCE):
            lines = [line for (line,) in rows]
            if None in lines:  # beyond the server's max_allowed_packet
                raise NoText
            yield ("\n".join(lines) + "\n").encode()
        cursor.close()
    except BaseException:  # what ends it early too
        # Else it would try to read to the end of the rows when it is cleared away.
        unread: Any = getattr(driver, "_result", None)
        if unread is not None:
            unread.unbuffered_active = False
        raise
