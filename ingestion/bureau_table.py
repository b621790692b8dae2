"""A table of a bureau's folder, cut into rows: the one reader of such files."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence

from ingestion.vocabulary import nearest

Row = Mapping[str, str]


def rows_of(text: str, columns: Sequence[str]) -> Iterator[tuple[int, Row | str]]:
    """Line and row of a CSV text, or why the line is none; nothing follows where the table as a whole is none.

    columns: its first line. A line that begins with # is a comment.
    """
    lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(lines, [])
        if header != list(columns):
            yield 1, _of_header(header, columns)
            return
        for cells in filter(any, lines):
            if cells[0].startswith("#"):
                continue
            if len(cells) == len(header):
                yield lines.line_num, dict(zip(header, cells, strict=True))
            else:
                yield lines.line_num, f"{len(cells)} cells, {len(header)} wanted."
    except csv.Error:
        yield lines.line_num, "quotes are not in pairs: correct the line."


def _of_header(found: Sequence[str], wanted: Sequence[str]) -> str:
    unknown = [word for word in found if word not in wanted]
    hint = (
        f" {unknown[0] or '(an empty cell)'} is no column. {nearest(unknown[0], wanted)}" if unknown else ""
    )
    return f"the first line must be {','.join(wanted)}.{hint}"
