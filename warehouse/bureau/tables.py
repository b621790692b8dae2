"""A table of a bureau's folder, read row by row: what can be read with its line, and what is wrong with the rest."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

from ingestion.vocabulary import nearest
from warehouse.bureau.faults import Fault

Row = Mapping[str, str]
OPEN_END = date.max


def read_table(
    folder: Path, file: Path, columns: Sequence[str], problems_of: Callable[[Row], Iterable[str]]
) -> tuple[dict[int, Row], list[Fault]]:
    """The rows of a file of a folder by their line in it, those with a problem apart; none where there is no file.

    columns: its first line; one that begins with # is a comment. problems_of: what is wrong with a row by itself.
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
    lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(lines, [])
        if header != list(columns):
            return {}, [Fault(file, 1, _of_header(header, columns))]
        for cells in filter(any, lines):
            if cells[0].startswith("#"):
                continue
            if len(cells) != len(header):
                problems = [f"{len(cells)} cells, {len(header)} wanted."]
            else:
                row = dict(zip(header, cells, strict=True))
                problems = list(problems_of(row))
            if problems:
                faults += [Fault(file, lines.line_num, problem) for problem in problems]
            else:
                rows[lines.line_num] = row
    except csv.Error:
        faults.append(Fault(file, lines.line_num, "quotes are not in pairs: correct the line."))
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


def _of_header(found: Sequence[str], wanted: Sequence[str]) -> str:
    unknown = [word for word in found if word not in wanted]
    hint = (
        f" {unknown[0] or '(an empty cell)'} is no column. {nearest(unknown[0], wanted)}" if unknown else ""
    )
    return f"the first line must be {','.join(wanted)}.{hint}"
