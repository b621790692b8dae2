"""A Parquet file as text: names of its columns, then every row."""

import json
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, BinaryIO

import pyarrow
from pyarrow import parquet

from ingestion.spreadsheet import cell_text, double_text

ROWS_AT_ONCE = 2000


def messages(file: BinaryIO) -> Iterator[list[Any]]:
    """The names, then ``[row, texts, fault, place of the faulty value]``, rows counting from 1.

    Raises ValueError where it cannot be read.
    """
    try:
        table = parquet.ParquetFile(file)
        yield list(table.schema_arrow.names)
        number = 0
        for batch in table.iter_batches(ROWS_AT_ONCE, use_threads=False):
            columns = [column.to_pylist() for column in batch.columns]
            for values in zip(*columns, strict=True):
                number += 1
                yield _row(number, values)
    except (pyarrow.ArrowException, OSError, NotImplementedError) as error:
        raise ValueError("no readable Parquet file") from error


def _row(number: int, values: tuple[Any, ...]) -> list[Any]:
    texts: list[str | None] = []
    fault: tuple[str, int] | None = None
    for place, value in enumerate(values):
        text = None if isinstance(value, bytes) else plain_text(value)
        if fault is None and isinstance(value, bytes):
            fault = ("invalid_character", place)
        if fault is None and text and "\0" in text:
            fault = ("nul_character", place)
        texts.append(text)
    return [number, texts, *(fault or (None, None))]


def plain_text(value: Any) -> str | None:
    """A value of a table of types as the text kept in ``raw``."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return None if value != value else double_text(value)
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.isoformat()
    if isinstance(value, (list, dict)):
        return json.dumps(value, ensure_ascii=False, default=_plain)
    return cell_text(value)


def _plain(value: Any) -> Any:
    """Of what JSON has no word for, inside a list."""
    if isinstance(value, (date, datetime)):
        return cell_text(value)
    return str(value)
