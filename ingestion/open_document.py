"""An OpenDocument workbook (.ods), as `ingestion.spreadsheet` gives XLSX: every cell as text with what is
wrong with it. Only ``content.xml`` is read.
"""

import re
import zipfile
from collections.abc import Iterator, Sequence
from typing import BinaryIO
from xml.etree.ElementTree import Element, iterparse

from ingestion.cell_text import double_text
from ingestion.spreadsheet import MAX_COLUMNS, MAX_ROWS, Cell, iso_text

CONTENT = "content.xml"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_CALC = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}"
_CELLS = (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell")
_NUMBERS = ("float", "percentage", "currency")
_CLOCK = re.compile(r"PT(\d+)H(\d+)M(\d+)(?:[.,]0*)?S", re.ASCII)


class Workbook:
    """Sheets by name, in their order. Raises one of ``spreadsheet.DAMAGED`` where it cannot be read."""

    is_1904 = False  # dates are written as days

    def __init__(self, file: BinaryIO) -> None:
        self._package = zipfile.ZipFile(file)
        self.unpacked_bytes = self._package.getinfo(CONTENT).file_size
        self._sheets = [name for name, _ in self._tables()]
        if len(set(self._sheets)) < len(self._sheets):
            raise ValueError("a sheet stands twice")

    @property
    def sheets(self) -> Sequence[str]:
        return self._sheets

    def rows(self, sheet: str) -> Iterator[tuple[int, list[Cell]]]:
        """The number of every row that is not empty, and its cells up to the last one written."""
        for number, repeated, row in self._rows(sheet):
            cells = _cells(row)
            if cells:
                for further in range(repeated):
                    yield number + further, cells

    def merged_rows(self, sheet: str) -> list[tuple[int, int]]:
        """First and last row of every merged range, in order."""
        found = set()
        for number, repeated, row in self._rows(sheet):
            spans = [_count(cell, "number-rows-spanned") for cell in row if _is_spanned(cell)]
            if spans:
                found.add((number, number + repeated - 1 + max(spans) - 1))
        return sorted(found)

    def _rows(self, sheet: str) -> Iterator[tuple[int, int, Element]]:
        """Number of a row, how often it is repeated, and the row; valid until the next."""
        for name, rows in self._tables():
            if name == sheet:
                number = 1
                for row in rows:
                    repeated = _count(row, "number-rows-repeated")
                    yield number, repeated, row
                    number += repeated
                    if number - 1 > MAX_ROWS:
                        raise ValueError("more rows than a sheet has")
                return

    def _tables(self) -> Iterator[tuple[str, Iterator[Element]]]:
        """Name and rows of every sheet, in their order; rows not taken are passed over."""
        with self._package.open(CONTENT) as part:
            events = iterparse(part, ("start", "end"))
            for event, element in events:
                if event == "start" and element.tag == f"{_TABLE}table":
                    rows = _rows_of(element, events)
                    yield element.get(f"{_TABLE}name", ""), rows
                    for _ in rows:
                        pass
                    element.clear()


def _rows_of(table: Element, events: Iterator[tuple[str, Element]]) -> Iterator[Element]:
    depth = 0  # of tables within its cells
    for event, element in events:
        if element.tag == f"{_TABLE}table":
            if event == "end" and depth == 0:
                return
            depth += 1 if event == "start" else -1
        elif event == "end" and depth == 0 and element.tag == f"{_TABLE}table-row":
            yield element
            element.clear()


def _cells(row: Element) -> list[Cell]:
    cells: list[Cell] = []
    place = 0
    for element in row:
        if element.tag not in _CELLS:
            continue
        repeated = _count(element, "number-columns-repeated")
        cell = Cell() if element.tag == _CELLS[1] else _cell(element)
        if cell.text is not None:
            if place + repeated > MAX_COLUMNS:
                raise ValueError("more columns than a sheet has")
            cells += [Cell()] * (place - len(cells)) + [cell] * repeated
        place += repeated
    return cells


def _cell(element: Element) -> Cell:
    formula = element.get(f"{_TABLE}formula")
    if formula is not None:
        return Cell(f"={formula}", "formula_cell")
    kind = element.get(f"{_OFFICE}value-type")
    if element.get(f"{_CALC}value-type") == "error":
        return Cell(_shown(element) or "#ERROR", "error_cell")
    if kind in _NUMBERS:
        return Cell(double_text(float(element.get(f"{_OFFICE}value", ""))), is_number=True)
    if kind == "date":
        return Cell(iso_text(element.get(f"{_OFFICE}date-value", "")) or None)
    if kind == "time":
        written = element.get(f"{_OFFICE}time-value", "")
        clock = _CLOCK.fullmatch(written)
        return Cell(f"{int(clock[1]):02d}:{int(clock[2]):02d}:{int(clock[3]):02d}" if clock else written)
    if kind == "boolean":
        return Cell("TRUE" if element.get(f"{_OFFICE}boolean-value") == "true" else "FALSE")
    return Cell(element.get(f"{_OFFICE}string-value") or _shown(element) or None)


def _shown(cell: Element) -> str:
    """Its paragraphs; notes beside it are not among them."""
    return "\n".join(_words(paragraph) for paragraph in cell.findall(f"{_TEXT}p"))


def _words(element: Element) -> str:
    said = element.text or ""
    for child in element:
        if child.tag == f"{_TEXT}s":
            said += " " * int(child.get(f"{_TEXT}c", "1"))
        elif child.tag == f"{_TEXT}tab":
            said += "\t"
        elif child.tag == f"{_TEXT}line-break":
            said += "\n"
        elif child.tag.startswith(_TEXT):
            said += _words(child)
        said += child.tail or ""
    return said


def _is_spanned(cell: Element) -> bool:
    return _count(cell, "number-rows-spanned") > 1 or _count(cell, "number-columns-spanned") > 1


def _count(element: Element, name: str) -> int:
    count = int(element.get(f"{_TABLE}{name}", "1"))
    if count < 1:
        raise ValueError("a count that is none")
    return count
