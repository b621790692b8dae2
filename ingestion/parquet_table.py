"""A Parquet file as text: names of its columns, then every row."""

import json
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, BinaryIO

import pyarrow
from pyarrow import compute, parquet

from ingestion.spreadsheet import cell_text, double_text

ROWS_AT_ONCE = 5000
# Of lines that are passed on as they are: what stands between values, and for one that is null (COPY's own words).
DELIMITER, NULL = "\t", "\\N"
MOST_CHARACTERS = 1 << 21


def messages(file: BinaryIO) -> Iterator[list[Any]]:
    """The names, then ``[row, texts, fault, place of the faulty value]``, rows counting from 1; for rows of texts in
    which no character means anything but itself ``[row of the first, their lines]`` (`plain_lines`).

    Raises ValueError where it cannot be read.
    """
    try:
        table = parquet.ParquetFile(file)
        yield list(table.schema_arrow.names)
        number = 0
        for batch in table.iter_batches(ROWS_AT_ONCE, use_threads=False):
            lines = plain_lines(batch)
            if lines is not None:
                yield [number + 1, lines]
                number += len(batch)
                continue
            columns = [column.to_pylist() for column in batch.columns]
            for values in zip(*columns, strict=True):
                number += 1
                yield _row(number, values)
    except (pyarrow.ArrowException, OSError, NotImplementedError) as error:
        raise ValueError("no readable Parquet file") from error


def plain_lines(batch: pyarrow.RecordBatch) -> str | None:
    """The rows as lines, ended by '\\n'; null where a column is no text, or a text holds a tab, a line end, a backslash
    or a zero, or the lines would be too long for one message. A single column may hold blank lines, which are none."""
    are_texts = all(pyarrow.types.is_string(kind) for kind in batch.schema.types)
    if (
        not are_texts
        or len(batch.columns) < 2
        or sum(column.nbytes for column in batch.columns) > MOST_CHARACTERS
    ):
        return None
    joined = compute.binary_join_element_wise(
        *batch.columns, DELIMITER, null_handling="replace", null_replacement=NULL
    )
    lines = "\n".join(joined.to_pylist()) + "\n"
    nulls = sum(column.null_count for column in batch.columns)
    is_plain = (
        lines.count(DELIMITER) == len(batch) * (len(batch.columns) - 1)
        and lines.count("\n") == len(batch)
        and lines.count("\\") == nulls
        and "\r" not in lines
        and "\0" not in lines
    )
    return lines if is_plain else None


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
    if value is None or isinstance(value, str):
        return value
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
