"""A Parquet file as text: names of its columns, then every row."""

import json
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, BinaryIO

import pyarrow
from pyarrow import compute, parquet

from ingestion.cell_text import cell_text, double_text
from ingestion.parser import Request

ROWS_AT_ONCE = 5000
# Of lines that are passed on as they are: what stands between values, and for one that is null (COPY's own words).
DELIMITER, NULL = "\t", "\\N"
MOST_CHARACTERS = 1 << 21


def messages(file: BinaryIO, _: Request | None = None) -> Iterator[list[Any]]:
    """The names, then ``[row, texts, fault, place of the faulty value]``, rows counting from 1; for rows of texts in
    which no character means anything but itself ``[row of the first, their lines]``, in bytes (`plain_lines`).

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
    except (pyarrow.ArrowException, OSError, RuntimeError, LookupError, TypeError) as error:
        raise ValueError("no readable Parquet file") from error


def plain_lines(batch: pyarrow.RecordBatch) -> bytes | None:
    """The rows as lines, ended by '\\n'; null where a column is no text, or a text holds a tab, a line end, a backslash
    or a zero, or the lines would be too long for one message. A single column may hold blank lines, which are none.

    Raises ValueError where they are no UTF-8.
    """
    are_texts = all(pyarrow.types.is_string(kind) for kind in batch.schema.types)
    if (
        not are_texts
        or len(batch.columns) < 2
        or not len(batch)
        or sum(column.nbytes for column in batch.columns) > MOST_CHARACTERS
    ):
        return None
    columns = [column.fill_null(NULL) for column in batch.columns]
    ended = compute.binary_join_element_wise(
        compute.binary_join_element_wise(*columns, DELIMITER), pyarrow.scalar(""), "\n"
    )
    _, offsets, values = ended.buffers()
    lines = values.to_pybytes()[: memoryview(offsets).cast("i")[len(batch)]]
    nulls = sum(column.null_count for column in batch.columns)
    is_plain = (
        lines.count(DELIMITER.encode()) == len(batch) * (len(batch.columns) - 1)
        and lines.count(b"\n") == len(batch)
        and lines.count(b"\\") == nulls
        and b"\r" not in lines
        and b"\0" not in lines
    )
    lines.decode()
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
