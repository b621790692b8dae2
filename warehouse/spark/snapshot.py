"""What PostgreSQL keeps and the models read, as Parquet: one folder, one file per table or view.

Records as delivered (``input``), the ledger and linkage (``ops``), what is published and the seeds. One transaction
reads them all, so they are of one moment.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq

from warehouse.spark.documents import TEXT

ROWS = 50_000  # per row group
LAST_DAY = "date '9999-12-31'"  # for a day without end, which no other engine has
JSONB = pa.struct([(TEXT, pa.string())])
TYPES = {
    "text": pa.string(),
    "character varying": pa.string(),
    "uuid": pa.string(),
    "boolean": pa.bool_(),
    "smallint": pa.int16(),
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "double precision": pa.float64(),
    "date": pa.date32(),
    "timestamp without time zone": pa.timestamp("us"),
    "timestamp with time zone": pa.timestamp("us", tz="UTC"),
    "jsonb": JSONB,
    "text[]": pa.list_(pa.string()),
    "numeric": pa.decimal128(38, 10),
}
WRITTEN = {
    "date": f"case when {{0}} = 'infinity' then {LAST_DAY} else {{0}} end",
    "jsonb": "{0}::text",
    "uuid": "{0}::text",
}


def take_snapshot(connection: psycopg.Connection, relations: Iterable[tuple[str, str]], folder: Path) -> int:
    """Write each (schema, name) to ``folder/<schema>/<name>.parquet``; gives the number of rows of all.

    The folder is closed to others: what departments delivered lies there with numbers and names.

    Raises ValueError for a column of a type that is not known here.
    """
    count = 0
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    with connection.transaction():
        connection.execute("set transaction isolation level repeatable read, read only")
        for schema, name in relations:
            target = folder / schema / f"{name}.parquet"
            target.parent.mkdir(parents=True, exist_ok=True)
            count += _write(connection, f'"{schema}"."{name}"', target)
    return count


def _write(connection: psycopg.Connection, relation: str, target: Path) -> int:
    columns = connection.execute(
        """
        select attname::text, format_type(atttypid, atttypmod) from pg_attribute
        where attrelid = %s::regclass and attnum > 0 and not attisdropped order by attnum
        """,
        [relation],
    ).fetchall()
    schema = pa.schema([(name, _arrow_type(relation, name, kind)) for name, kind in columns])
    selected = ", ".join(WRITTEN.get(kind, "{0}").format(f'"{name}"') for name, kind in columns)
    count = 0
    with pq.ParquetWriter(target, schema) as out, connection.cursor("snapshot") as cursor:
        cursor.execute(f"select {selected} from {relation}")
        while rows := cursor.fetchmany(ROWS):
            out.write_table(_table(rows, schema))
            count += len(rows)
    return count


def _arrow_type(relation: str, column: str, kind: str) -> pa.DataType:
    if kind.startswith("numeric("):
        precision, scale = kind[8:-1].split(",")
        return pa.decimal128(int(precision), int(scale))
    if kind not in TYPES:
        raise ValueError(f"{relation}.{column} is of type {kind}, which a snapshot does not know")
    return TYPES[kind]


def _table(rows: Sequence[tuple[object, ...]], schema: pa.Schema) -> pa.Table:
    columns = []
    for field, values in zip(schema, zip(*rows, strict=True), strict=True):
        held: Sequence[object] = values
        if field.type == JSONB:
            held = [None if value is None else {TEXT: value} for value in values]
        columns.append(pa.array(held, field.type))
    return pa.Table.from_arrays(columns, schema=schema)
