"""An XLSX workbook as it is written: its sheets, and every cell as text with what is wrong with it.

Parts are read by local names, so that strict and transitional workbooks are one whatever their
prefixes and encoding. What a file says of itself is not believed where it can be seen: the size of
a sheet, the order of its cells. What does not fit raises one of DAMAGED: rows or cells that stand
twice, numbers that are none. Imports as little as it can.
"""

import math
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import IO, BinaryIO, NamedTuple
from xml.etree.ElementTree import Element, iterparse
from xml.etree.ElementTree import parse as parse_xml
from xml.parsers import expat

from openpyxl.styles.numbers import builtin_format_code, is_date_format, is_timedelta_format
from openpyxl.utils.cell import column_index_from_string
from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900, from_excel

from ingestion.cell_text import cell_text

MAX_ROWS = 1_048_576
MAX_COLUMNS = 16_384
CHUNK_BYTES = 1 << 20
PROLOG_BYTES = 1 << 16
# Dates and times of Chinese Excel and WPS, which openpyxl does not know (ECMA-376 part 1, 18.8.30).
CHINESE_DATE_FORMATS = frozenset((*range(27, 37), *range(50, 59)))
# What a day counted from 1904 lacks to the same day counted from 1900.
EPOCHS_APART = (CALENDAR_MAC_1904 - CALENDAR_WINDOWS_1900).days
DAMAGED = (
    ValueError, SyntaxError, KeyError, IndexError, TypeError, OSError, EOFError, RuntimeError,
    expat.ExpatError, zlib.error, zipfile.BadZipFile, zipfile.LargeZipFile,
)  # fmt: skip

_REFERENCE = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6})", re.ASCII)
_RANGE = re.compile(r"\$?[A-Z]{1,3}\$?(\d{1,7})(?::\$?[A-Z]{1,3}\$?(\d{1,7}))?", re.ASCII)
_NUMBER = re.compile(r"\s*([-+]?\d{1,400})(\.\d*)?(E[-+]?\d{1,4})?\s*", re.ASCII | re.IGNORECASE)
# A character that XML cannot hold, or might change: `_x000D_` is a carriage return.
_ESCAPED = re.compile(r"_x(?!d[89a-f])([0-9a-f]{4})_", re.IGNORECASE)
_TRUE_FALSE = {"1": "TRUE", "true": "TRUE", "0": "FALSE", "false": "FALSE"}


class Cell(NamedTuple):
    """text: null where the cell is empty; fault: reason code where its text is no value."""

    text: str | None = None
    fault: str | None = None
    is_number: bool = False


_EMPTY = Cell()


class Workbook:
    """Sheets by name, in their order. Raises one of DAMAGED where a part cannot be read."""

    def __init__(self, file: BinaryIO) -> None:
        self._package = zipfile.ZipFile(file)
        # Names of parts are one whatever their letter case; some write them with backslashes.
        self._parts = {part_name(info.filename): info for info in self._package.infolist()}
        main = next(path for kind, path, _ in self._related("") if kind == "officeDocument")
        related = list(self._related(main))
        with self._open(main) as part:
            root = parse_xml(part).getroot()
        self.is_1904 = _attribute(root.find("{*}workbookPr"), "date1904") in ("1", "true", "on")
        worksheets = {key: path for kind, path, key in related if kind == "worksheet"}
        keys = {
            sheet.get("name", ""): _attribute(sheet, "id") for sheet in root.findall("{*}sheets/{*}sheet")
        }
        self._sheets = {name: worksheets[key] for name, key in keys.items() if key in worksheets}
        self._strings = self._shared_strings(related)
        self._dates, self._durations = self._date_styles(related)

    @property
    def sheets(self) -> Sequence[str]:
        return list(self._sheets)

    @property
    def unpacked_bytes(self) -> int:
        return sum(part.file_size for part in self._parts.values())

    def rows(self, sheet: str) -> Iterator[tuple[int, list[Cell]]]:
        """The number of every row that is written, and its cells up to the last one written."""
        number = 0
        table: Element | None = None
        with self._open(self._sheets[sheet]) as part:
            for event, element in iterparse(part, ("start", "end")):
                if event == "start":
                    if table is None and _local(element) == "sheetData":
                        table, row_tag = element, element.tag.removesuffix("sheetData") + "row"
                elif table is not None and element.tag == row_tag:
                    number = _row_number(element, number)
                    yield number, self._cells(element, number)
                    table.clear()

    def merged_rows(self, sheet: str) -> list[tuple[int, int]]:
        """First and last row of every merged range, in order. They stand after the rows in the sheet."""
        found: set[tuple[int, int]] = set()

        def note(name: str, attributes: dict[str, str]) -> None:
            if name.rpartition(":")[2] == "mergeCell":
                match = _RANGE.fullmatch(attributes["ref"])
                if match is None:
                    raise ValueError("a merged range that is none")
                found.add((int(match[1]), int(match[2] or match[1])))

        if self._names(sheet, b"mergeCell"):
            parser = expat.ParserCreate()
            parser.StartElementHandler = note
            with self._open(self._sheets[sheet]) as part:
                while chunk := part.read(CHUNK_BYTES):
                    parser.Parse(chunk)
            parser.Parse(b"", True)
        return sorted(found)

    def _names(self, sheet: str, element: bytes) -> bool:
        """Whether the name stands anywhere in a sheet, in UTF-16 too: much faster than to parse it."""
        rest = b""
        with self._open(self._sheets[sheet]) as part:
            while chunk := part.read(CHUNK_BYTES):
                text = rest + chunk.replace(b"\0", b"")
                if element in text:
                    return True
                rest = text[-len(element) :]
        return False

    def _open(self, path: str) -> IO[bytes]:
        return self._package.open(self._parts[path])

    def _related(self, path: str) -> Iterator[tuple[str, str, str]]:
        """Kind, path and key of the parts a part refers to; the package itself is ''."""
        folder, name = posixpath.split(path)
        with self._open(posixpath.join(folder, "_rels", f"{name}.rels")) as part:
            root = parse_xml(part).getroot()
        for relation in root.findall("{*}Relationship"):
            if relation.get("TargetMode") != "External":
                target = posixpath.normpath(posixpath.join("/", folder, relation.get("Target", "")))
                kind = relation.get("Type", "").rpartition("/")[2]
                yield kind, part_name(target), relation.get("Id", "")

    def _shared_strings(self, related: Sequence[tuple[str, str, str]]) -> list[str]:
        strings: list[str] = []
        for path in (path for kind, path, _ in related if kind == "sharedStrings"):
            with self._open(path) as part:
                root: Element | None = None
                for event, element in iterparse(part, ("start", "end")):
                    if root is None:
                        root = element
                    elif event == "end" and _local(element) == "si":
                        strings.append(_text(element))
                        root.clear()
        return strings

    def _date_styles(self, related: Sequence[tuple[str, str, str]]) -> tuple[set[int], set[int]]:
        """Numbers of the styles that show a number as a date or time, and of those as a duration."""
        dates: set[int] = set()
        durations: set[int] = set()
        for path in (path for kind, path, _ in related if kind == "styles"):
            with self._open(path) as part:
                root = parse_xml(part).getroot()
            own = {
                int(form.get("numFmtId", "")): form.get("formatCode", "")
                for form in root.findall("{*}numFmts/{*}numFmt")
            }
            for style, form in enumerate(root.findall("{*}cellXfs/{*}xf")):
                number = int(form.get("numFmtId", "0"))
                code = own.get(number) or builtin_format_code(number)
                if is_date_format(code) or (number in CHINESE_DATE_FORMATS and number not in own):
                    dates.add(style)
                if is_timedelta_format(code):
                    durations.add(style)
        return dates, durations

    def _cells(self, row: Element, number: int) -> list[Cell]:
        namespace = row.tag.removesuffix("row")
        cells: list[Cell] = []
        written: set[int] = set()
        for element in row:
            if element.tag != namespace + "c":
                continue
            place = _place(element, number, len(cells))
            if place in written:
                raise ValueError("a cell stands twice")
            written.add(place)
            cells.extend([_EMPTY] * (place + 1 - len(cells)))
            cells[place] = self._cell(element, namespace)
        return cells

    def _cell(self, element: Element, namespace: str) -> Cell:
        kind = element.get("t", "n")
        formula = element.find(namespace + "f")
        if formula is not None:
            return Cell(f"={formula.text or ''}", "formula_cell")
        if kind == "inlineStr":
            inline = element.find(namespace + "is")
            return _EMPTY if inline is None else Cell(_text(inline) or None)
        value = element.findtext(namespace + "v")
        if not value:
            return _EMPTY
        if kind == "n":
            return self._number(value, int(element.get("s", "0")))
        if kind == "s":
            return Cell(self._strings[_index(value)] or None)
        if kind == "str":
            return Cell(_unescaped(value))
        if kind == "b":
            return Cell(_TRUE_FALSE[value])
        if kind == "e":
            return Cell(value, "error_cell")
        if kind == "d":
            return Cell(iso_text(value))
        raise ValueError("a kind of cell that is none")

    def _number(self, text: str, style: int) -> Cell:
        match = _NUMBER.fullmatch(text)
        if match is None:
            raise ValueError("a number that is none")
        value = int(match[1]) if not match[2] and not match[3] else float(text)
        if not math.isfinite(value):
            return Cell(text, "error_cell")
        if style not in self._dates:
            return Cell(cell_text(value), is_number=True)
        return moment_cell(text, value, self.is_1904, style in self._durations)


def moment_cell(text: str, value: float, is_1904: bool, is_duration: bool) -> Cell:
    """A number that is shown as a date or time. Excel shows hash signs where there is no such day."""
    epoch = CALENDAR_MAC_1904 if is_1904 else CALENDAR_WINDOWS_1900
    try:
        moment = None if value < 0 else from_excel(value, epoch, timedelta=is_duration)
    except (OverflowError, ValueError):
        moment = None
    return Cell(text, "error_cell") if moment is None else Cell(cell_text(moment))


def part_name(path: str) -> str:
    return path.replace("\\", "/").lstrip("/").lower()


def declares_entities(part: IO[bytes]) -> bool:
    """Whether a document type stands before the first element, the only place XML has for one.

    Found by the parser that reads the parts, so whatever the encoding. What is no XML declares none.
    """
    met: list[str] = []
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = lambda *_: met.append("doctype")
    parser.StartElementHandler = lambda *_: met.append("element")
    is_at_end = False
    while not met and not is_at_end:
        chunk = part.read(PROLOG_BYTES)
        is_at_end = not chunk
        try:
            parser.Parse(chunk, is_at_end)  # since 2.6 expat may keep what it has read until the end
        except expat.ExpatError:
            break
    return met[:1] == ["doctype"]


def iso_text(value: str) -> str:
    """As other dates; with an offset from UTC, or as no date at all, it stays as it is written."""
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return value
    return value if moment.tzinfo is not None else cell_text(moment) or value


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _attribute(element: Element | None, name: str) -> str | None:
    """Of whatever namespace."""
    attributes = {} if element is None else element.attrib
    return next((value for key, value in attributes.items() if key.rpartition("}")[2] == name), None)


def _text(element: Element) -> str:
    """Of a string, plain or in pieces of several fonts; how it is pronounced is left out."""
    pieces = [element, *element.findall("{*}r")]
    texts = [text.text or "" for piece in pieces for text in piece.findall("{*}t")]
    return _unescaped("".join(texts))


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text) if "_x" in text.lower() else text


def _index(text: str) -> int:
    index = int(text)
    if index < 0:
        raise ValueError("a string that is none")
    return index


def _row_number(row: Element, before: int) -> int:
    number = int(row.get("r", before + 1))
    if not before < number <= MAX_ROWS:
        raise ValueError("rows out of order")
    return number


def _place(cell: Element, row: int, after: int) -> int:
    """Of a cell in its row, from 0; the next one where it does not say."""
    reference = cell.get("r")
    if reference is None:
        place = after
    else:
        match = _REFERENCE.fullmatch(reference.upper())
        if match is None or int(match[2]) != row:
            raise ValueError("a cell of another row")
        place = column_index_from_string(match[1]) - 1
    if place >= MAX_COLUMNS:
        raise ValueError("more columns than a sheet has")
    return place
