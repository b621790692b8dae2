"""An old Excel workbook (.xls, BIFF), as `ingestion.spreadsheet` gives the new ones.

xlrd reads the cells and tells errors and merged ranges; of a formula it knows only the result that was
stored, so the records themselves say which cells hold one.
"""

import os
import struct
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import BinaryIO

import xlrd
from openpyxl.styles.numbers import is_date_format, is_timedelta_format
from xlrd.biffh import error_text_from_code
from xlrd.compdoc import CompDoc

from ingestion.cell_text import double_text
from ingestion.spreadsheet import CHINESE_DATE_FORMATS, Cell, moment_cell

OLE_SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MACROS = {"_VBA_PROJECT_CUR", "_VBA_PROJECT", "MACROS"}
BEGINNINGS = (0x0809, 0x0409, 0x0209, 0x0009)
END = 0x000A
FORMULAS = (0x0006, 0x0206, 0x0406)


class Workbook:
    """Sheets by name, in their order. Raises ValueError where it cannot be read."""

    def __init__(self, file: BinaryIO) -> None:
        content = file.read()
        self.unpacked_bytes = len(content)
        if not content.startswith(OLE_SIGNATURE):
            raise ValueError("no BIFF workbook in a compound file")
        try:
            with open(os.devnull, "w") as silent:  # its warnings quote cells
                names = {entry.name.upper() for entry in CompDoc(content, silent).dirlist}
                # On demand, so that the records stay at hand.
                self._book = xlrd.open_workbook(
                    file_contents=content, logfile=silent, formatting_info=True, on_demand=True
                )
                self._sheets = {name: self._book.sheet_by_name(name) for name in self._book.sheet_names()}
        except Exception as error:  # whatever a damaged file makes of it
            raise ValueError("no readable workbook") from error
        if names & MACROS:
            raise ValueError("holds macros")
        self.is_1904 = bool(self._book.datemode)

    @property
    def sheets(self) -> Sequence[str]:
        return list(self._sheets)

    def rows(self, sheet: str) -> Iterator[tuple[int, list[Cell]]]:
        """The number of every row, and its cells."""
        formulas = self._formulas(sheet)
        page = self._sheets[sheet]
        for row in range(page.nrows):
            yield (
                row + 1,
                [
                    Cell("=", "formula_cell") if (row, place) in formulas else self._cell(cell)
                    for place, cell in enumerate(page.row(row))
                ],
            )

    def merged_rows(self, sheet: str) -> list[tuple[int, int]]:
        """First and last row of every merged range, in order."""
        return sorted({(first + 1, end) for first, end, _, _ in self._sheets[sheet].merged_cells})

    def _cell(self, cell: xlrd.sheet.Cell) -> Cell:
        if cell.ctype == xlrd.XL_CELL_TEXT:
            return Cell(cell.value or None)
        if cell.ctype == xlrd.XL_CELL_BOOLEAN:
            return Cell("TRUE" if cell.value else "FALSE")
        if cell.ctype == xlrd.XL_CELL_ERROR:
            return Cell(error_text_from_code.get(cell.value, "#ERROR"), "error_cell")
        if cell.ctype not in (xlrd.XL_CELL_NUMBER, xlrd.XL_CELL_DATE):
            return Cell()
        form = self._book.format_map[self._book.xf_list[cell.xf_index].format_key]
        is_chinese = form.format_key in CHINESE_DATE_FORMATS
        if is_chinese or _is_date(form.format_str):
            return moment_cell(repr(cell.value), cell.value, self.is_1904, _is_duration(form.format_str))
        return Cell(double_text(cell.value), is_number=True)

    def _formulas(self, sheet: str) -> set[tuple[int, int]]:
        """Row and column, from 0, of the cells whose values were computed."""
        book = self._book
        place = book._sh_abs_posn[book.sheet_names().index(sheet)]
        found = set()
        depth = 0
        while True:
            code, size = struct.unpack_from("<HH", book.mem, place)
            if code in FORMULAS and depth == 1:
                found.add(struct.unpack_from("<HH", book.mem, place + 4))
            depth += (code in BEGINNINGS) - (code == END)
            if depth == 0:
                return found
            place += 4 + size


@lru_cache(maxsize=1000)
def _is_date(form: str) -> bool:
    return bool(is_date_format(form))


@lru_cache(maxsize=1000)
def _is_duration(form: str) -> bool:
    return bool(is_timedelta_format(form))
