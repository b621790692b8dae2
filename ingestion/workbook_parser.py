"""Parses workbooks: the sheet of the layout as its header and rows.

Decided: a formula is no value (its line is rejected, ``formula_cell``), nor is an error such as #N/A
(``error_cell``) or a cell merged with others (``merged_cell``), and a merged header refuses the file
(``merged_header``); hidden rows are data like any other, because a sender's filter hides them; further
sheets are notes and not read, but one with the same header refuses the file (``several_sheets``).
Rows before the header are titles and not read.
"""

import zipfile
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from importlib import import_module
from itertools import chain
from typing import Any, BinaryIO, Protocol

from ingestion.cell_text import cell_text
from ingestion.header import names_of
from ingestion.parser import Refused, Request
from ingestion.spreadsheet import (
    DAMAGED,
    EPOCHS_APART,
    MAX_ROWS,
    Cell,
    declares_entities,
    part_name,
)

# Sheets compress 5 to 20 times; a bomb thousands of times.
MAX_UNPACKED_BYTES = 1 << 30
MAX_RATIO = 200
RATIO_MATTERS_FROM_BYTES = 1 << 20
MAX_PARTS = 2000
# Cells may share a text: what they hold is more than the package, but not without measure.
MAX_REPETITION = 20
REPETITION_MATTERS_FROM_BYTES = 1 << 26
# Greater numbers among dates are written days (20250620), not counted ones.
LONGEST_DAY = 100_000


# Where the workbook of a format is read: each imports what only it needs.
WORKBOOKS = {
    "xlsx": "ingestion.spreadsheet", "xls": "ingestion.old_spreadsheet", "ods": "ingestion.open_document",
}  # fmt: skip


class Sheets(Protocol):
    """A workbook of any format; what does not fit raises one of DAMAGED."""

    is_1904: bool

    @property
    def sheets(self) -> Sequence[str]: ...

    @property
    def unpacked_bytes(self) -> int: ...

    def rows(self, sheet: str) -> Iterator[tuple[int, list[Cell]]]: ...

    def merged_rows(self, sheet: str) -> list[tuple[int, int]]: ...


def messages(file: BinaryIO, request: Request) -> Iterator[list[Any]]:
    """Raises Refused."""
    yield from parse(
        file, request["sheet"], request["date_columns"], request["row_bytes"], request["form"],
        request["header_line"], request["names"], request["header_lines"],
    )  # fmt: skip


def parse(
    file: BinaryIO,
    sheet: str | int,
    date_columns: Collection[str],
    most_characters: int,
    form: str = "xlsx",
    header_line: int = 1,
    names: Sequence[str] = (),
    header_lines: int = 1,
) -> Iterator[list[Any]]:
    """The header and the rows. most_characters: of one row; names: of the columns without a header.
    Raises Refused."""
    try:
        check_package(file, form)
        workbook: Sheets = import_module(WORKBOOKS[form]).Workbook(file)
        sheets = workbook.sheets
    except DAMAGED:
        raise Refused("unreadable_file", f"is no readable {form.upper()} workbook") from None
    if isinstance(sheet, int):
        if sheet > len(sheets):
            raise Refused("sheet_missing", f"sheet number {sheet} is missing")
        sheet = sheets[sheet - 1]
    if sheet not in sheets:
        raise Refused("sheet_missing", f"sheet {sheet} is missing")
    try:
        header, rows = _header_and_rows(workbook, sheet, header_line, header_lines)
        for other in sheets:
            if (
                header
                and other != sheet
                and _header_and_rows(workbook, other, header_line, header_lines)[0] == header
            ):
                raise Refused(
                    "several_sheets",
                    f"sheet number {sheets.index(other) + 1} has the same header: put all lines into one sheet",
                )
        merged = workbook.merged_rows(sheet)
        if header_line and header_lines == 1 and _is_within(header_line, merged):
            raise Refused(
                "merged_header",
                "header cells are merged; a header of two lines is headerLine: [2, 3] in the contract",
            )
        if not header_line:
            header = list(names)
        yield header
        days = {place for place, name in enumerate(header) if workbook.is_1904 and name in date_columns}
        # A workbook of 1 MB with one text a thousand times would otherwise fill memory and disk.
        left = max(REPETITION_MATTERS_FROM_BYTES, MAX_REPETITION * workbook.unpacked_bytes)
        for number, cells in rows:
            texts = _texts(cells, days)
            characters = sum(map(len, filter(None, texts)))
            left -= characters
            if characters > most_characters or left < 0:
                raise Refused("unsafe_workbook", "its cells repeat far more text than the file holds")
            if texts:
                yield [number, texts, *_fault(number, cells, texts, len(header), merged)]
    except DAMAGED:
        raise Refused("unreadable_file", "the sheet is damaged") from None


def check_package(file: BinaryIO, form: str = "xlsx") -> None:
    """Refuse what would unpack to far more than it is, macros, links out and XML entities."""
    if form == "xls":  # is no package; its reader looks for macros
        return
    with zipfile.ZipFile(file) as package:
        parts = package.infolist()
        names = [part_name(part.filename) for part in parts]
        if len(parts) > MAX_PARTS:
            raise Refused("unsafe_workbook", f"has more than {MAX_PARTS} parts")
        if len(set(names)) < len(names):
            raise Refused("unsafe_workbook", "holds a part twice")
        if sum(part.file_size for part in parts) > MAX_UNPACKED_BYTES:
            raise Refused("unsafe_workbook", "unpacks to more than 1 GiB")
        for part, name in zip(parts, names, strict=True):
            ratio = part.file_size / max(part.compress_size, 1)
            if part.file_size > RATIO_MATTERS_FROM_BYTES and ratio > MAX_RATIO:
                raise Refused("unsafe_workbook", f"a part unpacks to more than {MAX_RATIO} times its size")
            if name.endswith("vbaproject.bin") or name.startswith(("basic/", "scripts/")):
                raise Refused("unsafe_workbook", "holds macros")
            if name.startswith("xl/externallinks/"):
                raise Refused("unsafe_workbook", "links to other files")
            if form == "ods" and name != "content.xml":
                continue  # nothing else is read, and some list their parts with a document type
            with package.open(part) as content:
                if declares_entities(content):
                    raise Refused("unsafe_workbook", "declares XML entities")


def _header_and_rows(
    workbook: Sheets, sheet: str, header_line: int, header_lines: int
) -> tuple[list[str], Iterator[tuple[int, list[Cell]]]]:
    """The names in the header of a sheet, and the rows after it."""
    rows = workbook.rows(sheet)
    lines: list[list[str]] = []
    for number, cells in rows:
        if number > header_line:
            rows = chain([(number, cells)], rows)
            break
        if number > header_line - header_lines:
            lines.append([cell.text or "" for cell in cells])
    names = names_of(lines)
    while names and not names[-1]:
        names.pop()
    return names, rows


def _texts(cells: Iterable[Cell], days: Collection[int]) -> list[str | None]:
    """Up to the last that is not empty. days: places where a bare number is a day of the 1904 system.

    It is given as one of the other system, which is how a bare number among dates is read.
    """
    texts = [cell.text for cell in cells]
    for place, cell in enumerate(cells):
        if place in days and cell.is_number and (day := float(cell.text or "")) < LONGEST_DAY:
            texts[place] = cell_text(int(day) + EPOCHS_APART if day.is_integer() else day + EPOCHS_APART)
    while texts and not texts[-1]:
        texts.pop()
    return texts


def _is_within(row: int, ranges: Sequence[tuple[int, int]]) -> bool:
    return any(last >= row for _, last in ranges[: bisect_right(ranges, (row, MAX_ROWS))])


def _fault(
    number: int,
    cells: Sequence[Cell],
    texts: Sequence[str | None],
    width: int,
    merged: Sequence[tuple[int, int]],
) -> tuple[str | None, int | None]:
    """Reason code and place of the faulty cell. width: of the header."""
    if any(texts[width:]):
        return "field_count", None
    if merged and _is_within(number, merged):
        return "merged_cell", None
    for place, cell in enumerate(cells[:width]):
        if cell.fault:
            return cell.fault, place
        if cell.text and "\0" in cell.text:
            return "nul_character", place
    return None, None
