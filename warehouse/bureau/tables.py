"""A table of a bureau's folder, judged row by row: what can be read with its line, and what is wrong with the rest."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path

from ingestion.bureau_table import Row, rows_of
from warehouse.bureau.faults import Fault

OPEN_END = date.max


def read_table(
    folder: Path, file: Path, columns: Sequence[str], problems_of: Callable[[Row], Iterable[str]]
) -> tuple[dict[int, Row], list[Fault]]:
    """The rows of a file of a folder by their line in it, those with a problem apart; none where there is no file.

    columns: its first line. problems_of: what is wrong with a row by itself.
    """
    try:
        text = (folder / file).read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return {}, []
    except UnicodeDecodeError:
        return {}, [Fault(file, None, "is not UTF-8: save it as CSV UTF-8.")]
    except OSError as error:
        return {}, [Fault(file, None, f"cannot be read ({error.strerror}): correct its rights.")]
    rows: dict[int, Row] = {}
    faults = []
    for line, row in rows_of(text, columns):
        if problems := [row] if isinstance(row, str) else list(problems_of(row)):
            faults += [Fault(file, line, problem) for problem in problems]
        elif not isinstance(row, str):
            rows[line] = row
    return rows, faults


def table_text(columns: Sequence[str], rows: Iterable[Row]) -> str:
    """Rows as CSV with their header."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(columns), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def day_of(text: str) -> date | None:
    """A day as 2025-01-31; null where it is none."""
    try:
        return date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII) else None
    except ValueError:
        return None


def end_of(row: Row) -> str:
    """The first day on which a row no more holds, far ahead where it still does."""
    return row["valid_to"] or OPEN_END.isoformat()


def problems_of_span(row: Row) -> Iterator[str]:
    """What is wrong with the days from and up to which a row holds, where they are given."""
    days = {column: day_of(row[column]) for column in ("valid_from", "valid_to") if row[column]}
    for column, day in days.items():
        if day is None:
            yield f"{column}: write a day as 2025-01-31."
    first, last = days.get("valid_from"), days.get("valid_to", OPEN_END)
    if first and last and first >= last:
        yield "valid_to: the first day on which it holds no more, so a later one than valid_from."
