"""A table of a bureau's folder, read row by row: what can be read with its line, and what is wrong with the rest."""

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from ingestion.vocabulary import nearest
from warehouse.bureau.faults import Fault

Row = Mapping[str, str]


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


def _of_header(found: Sequence[str], wanted: Sequence[str]) -> str:
    unknown = [word for word in found if word not in wanted]
    hint = (
        f" {unknown[0] or '(an empty cell)'} is no column. {nearest(unknown[0], wanted)}" if unknown else ""
    )
    return f"the first line must be {','.join(wanted)}.{hint}"
