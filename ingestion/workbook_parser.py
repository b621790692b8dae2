"""Parses XLSX workbooks apart from the program, each in a process of its own under limits.

`python -m ingestion.workbook_parser` waits at the socket that is its standard input. Each message
there is a request in JSON with two open files, the workbook and a pipe; for each a copy of the
waiting process is forked, which reads the one and writes JSON lines into the other: the header,
then ``[row, texts, fault, place of the faulty cell]`` per row that is not empty, then ``"end"``.
``{"refused": code, "problem": words}`` stands for any of them and ends the output. Whoever reads
it knows by a missing end that the parser died. No workbook can touch the next.

Decided: a formula is no value (its line is rejected, ``formula_cell``); so is a cell merged with
others (``merged_cell``), and a merged header refuses the file (``merged_header``); hidden rows are
data like any other, because a sender's filter hides them; further sheets are notes and not read,
but one with the same header refuses the file (``several_sheets``).
"""

import json
import os
import re
import resource
import signal
import socket
import zipfile
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time
from typing import Any, BinaryIO, TypedDict

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

# Sheets compress 5 to 20 times; a bomb thousands of times.
MAX_UNPACKED_BYTES = 1 << 30
MAX_RATIO = 200
RATIO_MATTERS_FROM_BYTES = 1 << 20
MAX_PARTS = 2000
# Cells may share a text: what they hold is more than the package, but not without measure.
MAX_REPETITION = 20
REPETITION_MATTERS_FROM_BYTES = 1 << 26
REQUEST_BYTES = 1 << 16
MAX_ROWS = 1_048_576
CHUNK_BYTES = 1 << 20
MERGED = re.compile(rb'<(?:\w+:)?mergeCell [^>]*ref="[A-Z]{1,3}(\d{1,7}):[A-Z]{1,3}(\d{1,7})"')
LONGEST_TAG = 256
DAMAGED = (
    ValueError, SyntaxError, KeyError, IndexError, TypeError, OSError, EOFError, RuntimeError,
    NotImplementedError, InvalidFileException, zipfile.BadZipFile, zipfile.LargeZipFile,
)  # fmt: skip


class Request(TypedDict):
    """sheet: its name.

    memory: address space in bytes; seconds: of processor time; row_bytes, total_bytes: of one
    message and of all.
    """

    sheet: str
    memory: int
    seconds: int
    row_bytes: int
    total_bytes: int


class Refused(Exception):
    """The workbook as a whole cannot be taken: reason code and what is wrong, without values."""


def main() -> None:
    """Fork a parser per request, until the other end is closed."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the pipe tells of their end
    requests = socket.socket(fileno=0)
    while True:
        message, files, _, _ = socket.recv_fds(requests, REQUEST_BYTES, 2)
        if not message:
            return
        if os.fork() == 0:
            requests.close()
            try:
                _serve(json.loads(message), *files)
            finally:
                os._exit(0)
        for file in files:
            os.close(file)


def _serve(request: Request, workbook: int, output: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (request["memory"], request["memory"]))
    resource.setrlimit(resource.RLIMIT_CPU, (request["seconds"], request["seconds"]))
    with open(workbook, "rb") as file, open(output, "wb") as pipe:
        try:
            total = 0
            for message in parse(file, request["sheet"], request["row_bytes"]):
                line = _line(message)
                total += len(line)
                if len(line) > request["row_bytes"] or total > request["total_bytes"]:
                    raise Refused("unsafe_workbook", "holds more text than is read of one row or one file")
                pipe.write(line)
            pipe.write(_line("end"))
        except Refused as refused:
            code, problem = refused.args
            pipe.write(_line({"refused": code, "problem": problem}))


def _line(message: object) -> bytes:
    return json.dumps(message, ensure_ascii=False).encode() + b"\n"


def parse(file: BinaryIO, sheet_name: str, most_characters: int) -> Iterator[list[Any]]:
    """The header and the rows. most_characters: of one row. Raises Refused."""
    try:
        unpacked = check_package(file)
        file.seek(0)
        workbook = openpyxl.load_workbook(file, read_only=True, data_only=False, keep_links=False)
    except DAMAGED:
        raise Refused("unreadable_file", "is no readable XLSX workbook") from None
    if sheet_name not in workbook.sheetnames:
        raise Refused("sheet_missing", f"sheet {sheet_name} is missing")
    sheet = workbook[sheet_name]
    try:
        rows = enumerate(sheet.iter_rows(max_row=MAX_ROWS), 1)
        _, first = next(rows, (1, ()))
        header = _header(first)
        if header and any(
            _header(next(other.iter_rows(max_row=1), ())) == header
            for other in workbook.worksheets
            if other.title != sheet_name
        ):
            raise Refused("several_sheets", "another sheet has the same header: put all lines into one")
        merged = merged_rows(file, sheet)
        if _is_within(1, merged):
            raise Refused("merged_header", "header cells are merged")
        yield header
        # A workbook of 1 MB with one text a thousand times would otherwise fill memory and disk.
        left = max(REPETITION_MATTERS_FROM_BYTES, MAX_REPETITION * unpacked)
        for number, cells in rows:
            texts = [cell_text(cell.value) for cell in cells]
            characters = sum(map(len, filter(None, texts)))
            left -= characters
            if characters > most_characters or left < 0:
                raise Refused("unsafe_workbook", "its cells repeat far more text than the file holds")
            if any(texts):
                yield [number, texts, *_fault(number, cells, texts, header, merged)]
    except DAMAGED:
        raise Refused("unreadable_file", "the sheet is damaged") from None


def check_package(file: BinaryIO) -> int:
    """Refuse what would unpack to far more than it is, macros, links out and XML entities. Bytes unpacked."""
    with zipfile.ZipFile(file) as package:
        parts = package.infolist()
        if len(parts) > MAX_PARTS:
            raise Refused("unsafe_workbook", f"has more than {MAX_PARTS} parts")
        unpacked = sum(part.file_size for part in parts)
        if unpacked > MAX_UNPACKED_BYTES:
            raise Refused("unsafe_workbook", "unpacks to more than 1 GiB")
        for part in parts:
            ratio = part.file_size / max(part.compress_size, 1)
            if part.file_size > RATIO_MATTERS_FROM_BYTES and ratio > MAX_RATIO:
                raise Refused("unsafe_workbook", f"a part unpacks to more than {MAX_RATIO} times its size")
            if part.filename.lower().endswith("vbaproject.bin"):
                raise Refused("unsafe_workbook", "holds macros")
            if part.filename.startswith("xl/externalLinks/"):
                raise Refused("unsafe_workbook", "links to other files")
            if part.filename.endswith((".xml", ".rels")):
                with package.open(part) as content:
                    if b"<!DOCTYPE" in content.read(4096).upper():
                        raise Refused("unsafe_workbook", "declares XML entities")
    return unpacked


def merged_rows(file: BinaryIO, sheet: Any) -> list[tuple[int, int]]:
    """First and last row of every merged range, in order; they stand after the rows in the sheet."""
    found: set[tuple[int, int]] = set()
    rest = b""
    with zipfile.ZipFile(file) as package, package.open(sheet._worksheet_path) as content:
        while chunk := content.read(CHUNK_BYTES):
            text = rest + chunk
            found.update((int(first), int(last)) for first, last in MERGED.findall(text))
            rest = text[-LONGEST_TAG:]
    return sorted(found)


def _is_within(row: int, ranges: Sequence[tuple[int, int]]) -> bool:
    return any(last >= row for _, last in ranges[: bisect_right(ranges, (row, MAX_ROWS))])


def _header(cells: Iterable[Any]) -> list[str]:
    names = [(cell_text(cell.value) or "").strip() for cell in cells]
    while names and not names[-1]:
        names.pop()
    return names


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


def _fault(
    number: int,
    cells: Sequence[Any],
    texts: list[str | None],
    header: list[str],
    merged: Sequence[tuple[int, int]],
) -> tuple[str | None, int | None]:
    """Reason code and place of the faulty cell."""
    if any(texts[len(header) :]):
        return "field_count", None
    if merged and _is_within(number, merged):
        return "merged_cell", None
    for place, (cell, text) in enumerate(zip(cells[: len(header)], texts, strict=False)):
        if cell.data_type == "f":
            return "formula_cell", place
        if text and "\0" in text:
            return "nul_character", place
    return None, None


if __name__ == "__main__":
    main()
