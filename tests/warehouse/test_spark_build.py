"""Staging, latest versions and the first marts of a small town, made by both engines: every value of every table.

Needs the extra ``spark`` and Java 17.
"""

import shutil
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from town import BUILD_NO, THROUGH, Town

from warehouse.database.connection import Warehouse

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

LACKING = [
    what
    for what, is_there in (
        (
            "pyspark and dbt-spark (uv sync --extra spark)",
            find_spec("pyspark") and find_spec("dbt.adapters.spark"),
        ),
        ("Java 17 (openjdk-17-jre-headless)", shutil.which("java")),
    )
    if not is_there
]
pytestmark = [
    pytest.mark.soak,
    pytest.mark.builds,
    pytest.mark.skipif(bool(LACKING), reason=f"Spark is not compared: {', '.join(LACKING)} missing"),
]
# A town is so small that starting tasks and compiling plans is all it costs.
SMALL = {
    "spark.sql.shuffle.partitions": "1",
    "spark.default.parallelism": "1",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.adaptive.enabled": "false",
    "spark.driver.extraJavaOptions": "-XX:ReservedCodeCacheSize=400m",
}
# One column of PostgreSQL as the text or value both engines can show.
SHOWN = {
    "date": "case when {0} = 'infinity' then date '9999-12-31' else {0} end",
    "jsonb": "{0}::text",
    "uuid": "{0}::text",
}


def test_both_engines_build_the_same(town: Town, new_database: Any, tmp_path: Path) -> None:
    from warehouse.spark.build import built_on_spark

    database: Warehouse = new_database(town.after("derive"))
    with (
        built_on_spark(database, tmp_path, THROUGH, BUILD_NO, others=SMALL) as session,
        database.connect() as pg,
    ):
        made = [file.parent for file in (tmp_path / "tables").glob("*.db/*/_SUCCESS")]
        different = {table.name: _difference(pg, session, table.parent.stem, table.name) for table in made}
    assert len(made) >= 68  # a name that is not there selects nothing
    assert {name: found for name, found in different.items() if found} == {}


def _difference(pg: psycopg.Connection, session: "SparkSession", schema: str, name: str) -> str:
    """How many rows stand on one side only; nothing where none does."""
    columns = dict(
        pg.execute(
            """
            select attname::text, format_type(atttypid, null) from pg_attribute
            where attrelid = %s::regclass and attnum > 0 and not attisdropped order by 1
            """,
            [f"{schema}.{name}"],
        ).fetchall()
    )
    table = session.table(f"{schema}.{name}")
    if sorted(table.columns) != sorted(columns):
        return f"columns {sorted(set(table.columns) ^ set(columns))}"
    shown = ", ".join(SHOWN.get(kind, "{0}").format(f'"{column}"') for column, kind in columns.items())
    theirs = table.selectExpr(
        *[f"{column}.jsonb" if kind == "jsonb" else column for column, kind in columns.items()]
    )
    here = Counter(map(_comparable, pg.execute(f"select {shown} from {schema}.{name}")))  # type: ignore[arg-type]
    there = Counter(map(_comparable, theirs.collect()))
    only_here, only_there = (here - there).total(), (there - here).total()
    return (
        f"{only_here} rows in PostgreSQL alone, {only_there} on Spark alone"
        if only_here or only_there
        else ""
    )


def _comparable(row: Any) -> tuple[Any, ...]:
    return tuple(map(_value, row))


def _value(value: Any) -> Any:
    """Moments of one zone, numbers without the digits an engine carries beyond a column's scale."""
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    return value.normalize() if isinstance(value, Decimal) else value
