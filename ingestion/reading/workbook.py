"""XLSX by openpyxl in read-only mode. The line number is the row number of the sheet.

Cells become text: dates 'YYYY-MM-DD' (with the time where there is one), numbers as Excel
stores them ('4.20222193405271e+17' for a number that lost digits: never padded), empty cells
null. Rows without any cell value are no data.
"""

import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any, BinaryIO

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from ingestion.contract import Contract
from ingestion.errors import DeliveryFault
from ingestion.inbox import Delivery
from ingestion.reading.stream import LineStream, Record, check_columns

# Sheets compress 5 to 20 times; a bomb thousands of times.
MAX_UNPACKED_BYTES = 1 << 30
MAX_RATIO = 200
RATIO_MATTERS_FROM_BYTES = 1 << 20
MAX_PARTS = 2000
MAX_ROWS = 1_048_576
BLOCK_ROWS = 2000
# Beyond the columns of the contract: enough to notice an additional one.
SPARE_COLUMNS = 16


def read_workbook(contract: Contract, delivery: Delivery, file: BinaryIO) -> LineStream:
    """Check the package, the sheet and the header. Raises DeliveryFault."""
    name = delivery.path.name
    _check_package(file, name)
    file.seek(0)
    try:
        workbook = openpyxl.load_workbook(file, read_only=True, data_only=False, keep_links=False)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, SyntaxError, OSError, TypeError):
        raise DeliveryFault("unreadable_file", f"{name}: is no readable XLSX workbook.") from None
    if contract.file.sheet not in workbook.sheetnames:
        raise DeliveryFault(
            "sheet_missing",
            f"{name}: sheet {contract.file.sheet} is missing. Ask {contract.owner} for a corrected file. "
            "Nothing was loaded.",
        )
    rows = _rows(workbook[contract.file.sheet], len(contract.columns) + SPARE_COLUMNS, name)
    _, first = next(rows, (1, ()))
    header = [(cell_text(cell.value) or "").strip() for cell in first]
    while header and not header[-1]:
        header.pop()
    check_columns(contract, delivery, header)
    columns = tuple(contract.column_of_header[title].name for title in header)
    return LineStream(columns, "\t", lambda: _batches(rows, header))


def _check_package(file: BinaryIO, name: str) -> None:
    """Refuse what would unpack to far more than it is, macros, links out and XML entities."""

    def unsafe(problem: str) -> DeliveryFault:
        return DeliveryFault("unsafe_workbook", f"{name}: {problem}. Nothing was loaded.")

    try:
        with zipfile.ZipFile(file) as package:
            parts = package.infolist()
            if len(parts) > MAX_PARTS:
                raise unsafe(f"has more than {MAX_PARTS} parts")
            if sum(part.file_size for part in parts) > MAX_UNPACKED_BYTES:
                raise unsafe("unpacks to more than 1 GiB")
            for part in parts:
                ratio = part.file_size / max(part.compress_size, 1)
                if part.file_size > RATIO_MATTERS_FROM_BYTES and ratio > MAX_RATIO:
                    raise unsafe(f"a part unpacks to more than {MAX_RATIO} times its size")
                if part.filename.lower().endswith("vbaproject.bin"):
                    raise unsafe("holds macros")
                if part.filename.startswith("xl/externalLinks/"):
                    raise unsafe("links to other files")
                if part.filename.endswith((".xml", ".rels")):
                    with package.open(part) as content:
                        if b"<!DOCTYPE" in content.read(4096).upper():
                            raise unsafe("declares XML entities")
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError, OSError, EOFError):
        raise DeliveryFault("unreadable_file", f"{name}: is no readable XLSX workbook.") from None


def _rows(sheet: Any, width: int, name: str) -> Iterator[tuple[int, tuple[Any, ...]]]:
    try:
        yield from enumerate(sheet.iter_rows(max_row=MAX_ROWS, max_col=width), 1)
    except (ValueError, SyntaxError, KeyError, IndexError, zipfile.BadZipFile, OSError, EOFError):
        raise DeliveryFault("unreadable_file", f"{name}: the sheet is damaged. Nothing was loaded.") from None


def cell_text(value: Any) -> str | None:
    """A cell as the text kept in ``raw``."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d}" if value.time() == time() else f"{value:%Y-%m-%d %H:%M:%S}"
    if isinstance(value, date):
        return f"{value:%Y-%m-%d}"
    return repr(value) if isinstance(value, float) else str(value)


def _batches(rows: Iterator[tuple[int, tuple[Any, ...]]], header: list[str]) -> Iterator[list[Record]]:
    batch: list[Record] = []
    for number, cells in rows:
        texts = [cell_text(cell.value) for cell in cells]
        if not any(texts):
            continue
        fault, fault_column = _fault(cells, texts, header)
        raw = "\t".join(text or "" for text in texts).rstrip("\t")
        fields = texts if fault else [*texts, *([None] * len(header))][: len(header)]
        batch.append(Record(number, fields, raw, fault, fault_column))
        if len(batch) >= BLOCK_ROWS:
            yield batch
            batch = []
    if batch:
        yield batch


def _fault(
    cells: tuple[Any, ...], texts: list[str | None], header: list[str]
) -> tuple[str | None, str | None]:
    if any(texts[len(header) :]):
        return "field_count", None
    for title, cell, text in zip(header, cells, texts, strict=False):
        if cell.data_type == "f":
            return "formula_cell", title
        if text and "\0" in text:
            return "nul_character", title
    return None, None
