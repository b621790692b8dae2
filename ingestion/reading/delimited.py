"""CSV and TXT. The usual block (no quotes, no backslashes) is passed on as it is.

Line numbers count the lines of the file, titles and header among them. Where a quoted field holds
a line end, the record counts as one line. Blank lines are counted but are not data.
"""

import csv
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from ingestion.contract import Contract
from ingestion.errors import DeliveryFault
from ingestion.header import names_of
from ingestion.inbox import Delivery
from ingestion.reading.decoding import cut_lines, utf8_blocks
from ingestion.reading.stream import Batch, LineStream, PlainLines, Record, check_columns, table_stream
from ingestion.reading.totals import without_totals

# The other spellings a header is tried in, to tell a wrong encoding from a wrong column.
OTHER_ENCODINGS = ("utf-8", "gb18030")


# Of the COPY text where the file's own delimiter cannot be: of more than one byte, or a full stop.
COPY_DELIMITER = "\t"


@dataclass(frozen=True)
class _Form:
    """What makes fields of a line. width: how many there are; is_trailed: a further delimiter ends the line."""

    delimiter: str
    width: int
    is_trailed: bool

    @property
    def is_plain(self) -> bool:
        """Whether lines can be handed to the database as they are."""
        return self.delimiter.isascii() and self.delimiter != "."

    @property
    def split_width(self) -> int:
        return self.width + self.is_trailed

    def record(self, number: int, fields: list[str], line: str, fault: str | None = None) -> Record:
        """Of a line that was split at every delimiter."""
        is_ended = not self.is_trailed or fields[-1:] == [""]
        if fault is None and (len(fields) != self.split_width or not is_ended):
            fault = "field_count"
        if self.is_trailed and is_ended:
            fields = fields[:-1]
            line = line.removesuffix(self.delimiter)
        return Record(number, fields, line, fault)


def read_delimited(contract: Contract, delivery: Delivery, file: BinaryIO) -> LineStream:
    """Check the header and prepare the stream. Raises DeliveryFault."""
    layout = contract.file
    delimiter = layout.delimiter or ","
    head, blocks = cut_lines(utf8_blocks(delivery, file), layout.header_line)
    header = list(contract.column_of_header)
    if layout.header_line:
        whole = head if len(head) == layout.header_line else []
        lines = [line.decode() for line in whole[-layout.header_lines :]]
        header = _header(lines, delimiter)
        if layout.trailing_delimiter and header[-1:] == [""]:
            header.pop()
        _check_encoding(contract, delivery, lines, header, delimiter)
        check_columns(contract, delivery, header)
    form = _Form(delimiter, len(header), layout.trailing_delimiter)
    return table_stream(
        contract,
        header,
        delimiter if form.is_plain else COPY_DELIMITER,
        lambda passed_over: without_totals(
            contract, delivery, header, passed_over, _batches(blocks, layout.header_line + 1, form)
        ),
    )


def _fields(line: str, delimiter: str) -> list[str]:
    """Of a line by itself, whatever it holds."""
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return line.split(delimiter)


def _header(lines: Sequence[str], delimiter: str) -> list[str]:
    return names_of([_fields(line, delimiter) for line in lines])


def _check_encoding(
    contract: Contract, delivery: Delivery, lines: Sequence[str], header: list[str], delimiter: str
) -> None:
    """UTF-8 often decodes as GB18030 without an error, into other characters: the header shows it."""
    if set(header) & set(contract.column_of_header):
        return
    data = [line.encode(delivery.encoding.removesuffix("-sig")) for line in lines]
    for encoding in OTHER_ENCODINGS:
        try:
            names = _header([line.decode(encoding).removeprefix("\ufeff") for line in data], delimiter)
        except UnicodeDecodeError:
            continue
        if set(names) & set(contract.column_of_header):
            raise DeliveryFault(
                "encoding",
                f"{delivery.file_name}: is written in {encoding}, not in {delivery.encoding} as agreed. "
                "Send it again in the agreed encoding. Nothing was loaded.",
            )


def _batches(blocks: Iterator[bytes], number: int, form: _Form) -> Iterator[Batch]:
    """number: of the first line."""
    while (block := next(blocks, None)) is not None:
        line_end = _line_end(block)
        if line_end is None:
            records = _Records(block.decode(), lambda: next(blocks, None), form)
            yield list(_careful(records, number, form))
            number += records.count
        else:
            data = block if block.endswith(b"\n") else block + line_end
            plain = None
            if form.is_plain:
                plain = PlainLines.of(number, data, form.delimiter, form.width, line_end, form.is_trailed)
            yield list(_split_lines(data, number, form)) if plain is None else plain
            number += data.count(b"\n")


def _line_end(block: bytes) -> bytes | None:
    """How all lines of a block end; null where they differ or a character has a special meaning."""
    if b'"' in block or b"\\" in block or b"\0" in block:
        return None
    characters = np.frombuffer(block, np.uint8)
    returns = np.count_nonzero(characters == ord("\r"))
    if not returns:
        return b"\n"
    ends = np.flatnonzero(characters == ord("\n"))
    is_usual = returns == len(ends) and (characters[ends - 1] == ord("\r")).all()
    return b"\r\n" if is_usual else None


def _split_lines(data: bytes, number: int, form: _Form) -> Iterator[Record]:
    """Where some line has not the right number of fields, or is blank."""
    for n, ended in enumerate(data.decode().split("\n")[:-1], number):
        line = ended.removesuffix("\r")
        if not line.strip():
            continue
        yield form.record(n, line.split(form.delimiter), line)


class _Records:
    """Lines of a block as records of a CSV parser, which may pull further blocks for an open quote.

    A stray quote must not swallow the lines after it: where a record of several lines does not fit the
    header, or would be as many whole lines without its quotes, only its first line is given up and the
    others are read again.
    """

    def __init__(self, block: str, next_block: Callable[[], bytes | None], form: _Form) -> None:
        self.count = 0
        self._lines = deque(_split(block))
        self._next_block = next_block
        self._delimiter = form.delimiter
        self._width = form.split_width

    def _feed(self, taken: list[str]) -> Iterator[str]:
        while True:
            if not self._lines:
                block = self._next_block()
                if block is None:
                    return
                self._lines.extend(_split(block.decode()))
            taken.append(self._lines.popleft())
            yield taken[-1]

    def __iter__(self) -> Iterator[tuple[list[str] | None, str]]:
        """Fields (null where the parser gives up) and the raw text of every record."""
        while self._lines:
            taken: list[str] = []
            self.count += 1
            fields: list[str] | None
            try:
                reader = csv.reader(self._feed(taken), delimiter=self._delimiter, strict=True)
                fields = next(reader, [])
            except csv.Error:
                fields = None
            if len(taken) > 1 and (fields is None or len(fields) != self._width or self._are_whole(taken)):
                self._lines.extendleft(reversed(taken[1:]))
                del taken[1:]
                fields = None
            yield fields, "".join(taken).rstrip("\r\n")

    def _are_whole(self, taken: list[str]) -> bool:
        """Whether the first line of a record, where a quote is open at its end, and another that it took in are
        lines of the file each. A line break within a text leaves neither with all its delimiters."""
        first, *others = taken
        *before, opened = _fields(first, self._delimiter)
        return (
            self._width > 1
            and len(before) + len(opened.split(self._delimiter)) == self._width
            and any(len(_fields(line, self._delimiter)) == self._width for line in others)
        )


def _split(block: str) -> list[str]:
    """Lines with their ends; only '\\n' ends a line."""
    lines = [line + "\n" for line in block.split("\n")]
    last = lines.pop()[:-1]
    return [*lines, last] if last else lines


def _careful(records: _Records, number: int, form: _Form) -> Iterator[Record]:
    for n, (fields, raw) in enumerate(records, number):
        if not raw.strip():
            continue
        if fields is None:
            yield Record(n, raw.split(form.delimiter), raw, _why_unread(raw))
        else:
            yield form.record(n, fields, raw, "nul_character" if "\0" in raw else None)


def _why_unread(raw: str) -> str:
    """Why the parser gives up a line: without a quote only for a return that ends none, or the length of a field."""
    if '"' in raw:
        return "unreadable_line"
    return "lone_return" if "\r" in raw else "field_too_long"
