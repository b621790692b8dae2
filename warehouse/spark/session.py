"""A Spark session with the functions the models call and the tables of a snapshot."""

import datetime
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from warehouse.spark import clean, documents

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

SPAN = "struct<from_on: date, until_on: date>"
# What the models call by these names, and what it gives.
FUNCTIONS: Mapping[str, tuple[Callable[..., Any], str]] = {
    "clean_id_number": (clean.id_number, "string"),
    "clean_id_number_note": (clean.id_number_note, "string"),
    "clean_surviving_digits": (clean.surviving_digits, "string"),
    "clean_stated_number": (clean.stated_number, "string"),
    "clean_person_name": (clean.person_name, "string"),
    "clean_identifier": (clean.identifier, "string"),
    "clean_compact": (clean.compact, "string"),
    "clean_number_or_name": (clean.number_or_name, "string"),
    "clean_sex_code": (clean.sex_code, "string"),
    "clean_born_on": (clean.born_on, "date"),
    "clean_age_years": (clean.age_years, "int"),
    "clean_age_band": (clean.age_band, "string"),
    "clean_mask_id_number": (clean.mask_id_number, "string"),
    "clean_mask_id_numbers_in": (clean.mask_id_numbers_in, "string"),
    "jsonb_text": (documents.canonical, "string"),
    "jsonb_without_nulls": (documents.without_nulls, "string"),
    "jsonb_list": (documents.listed, "string"),
    "jsonb_flat": (documents.flattened, "string"),
    "jsonb_part": (documents.part, "string"),
    "jsonb_part_as_text": (documents.part_as_text, "string"),
    "jsonb_without": (documents.without, "string"),
    "jsonb_distinct": (documents.distinct_texts, "string"),
    "jsonb_items": (documents.items, "array<struct<jsonb: string>>"),
    "jsonb_rank": (documents.rank, "string"),
    "row_text": (documents.row_text, "string"),
    "uuid_text": (documents.uuid_text, "string"),
    "spans_left": (documents.spans_left, f"array<{SPAN}>"),
}


def missed_yuan(
    months: Sequence[datetime.date],
    paid: Sequence[datetime.date] | None,
    standards: Sequence[tuple[datetime.date, datetime.date | None, Decimal]] | None,
) -> Decimal | None:
    """The standards (valid from, valid to, yuan) in force on the first of the months that were not paid; null
    where there is none."""
    due = [
        yuan
        for month in set(months) - set(paid or ())
        for start, end, yuan in standards or ()
        if start <= month and (end is None or end > month)
    ]
    return sum(due, Decimal(0)) if due else None


def families(ties: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """(first unit, unit) of units joined by ties (unit, first unit): the least of all that hang together."""
    first: dict[str, str] = {}

    def head(unit: str) -> str:
        while first.setdefault(unit, unit) != unit:
            first[unit] = first[first[unit]]
            unit = first[unit]
        return unit

    for one, other in ties:
        low, high = sorted((head(one), head(other)))
        first[high] = low
    return [(head(unit), unit) for unit in first]


OF_MODELS: Mapping[str, tuple[Callable[..., Any], str]] = {
    "missed_yuan": (missed_yuan, "decimal(38, 2)"),
    "families": (families, "array<struct<first_unit: string, unit: string>>"),
}


# What results depend on; everything else is the site's own.
SETTINGS = {
    "spark.sql.ansi.enabled": "true",
    "spark.sql.catalogImplementation": "in-memory",
    "spark.sql.parser.escapedStringLiterals": "true",  # a backslash is one, as in standard SQL
    "spark.sql.session.timeZone": "Asia/Shanghai",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}


def spark_session(master: str, home: Path, others: Mapping[str, str] | None = None) -> "SparkSession":
    """A session of this process, in the warehouse folder ``home``.

    master: ``local[2]``, ``spark://host:7077``. others: further settings of Spark.
    """
    from pyspark.sql import SparkSession

    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # workers need what is installed here
    builder = SparkSession.builder.master(master).appName("minzheng")
    for name, value in {**(others or {}), **SETTINGS, "spark.sql.warehouse.dir": str(home)}.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")  # an error is raised; its log holds values
    for name, (function, kind) in {**FUNCTIONS, **OF_MODELS}.items():
        session.udf.register(name, function, kind)
    return session


def read_snapshot(session: "SparkSession", folder: Path) -> None:
    """Each file of a snapshot as a table of its schema."""
    for file in sorted(folder.glob("*/*.parquet")):
        schema = file.parent.name
        session.sql(f"create database if not exists {schema}")
        session.sql(f"create table {schema}.{file.stem} using parquet location '{file}'")
