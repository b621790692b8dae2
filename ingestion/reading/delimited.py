"""CSV and TXT. The usual block (no quotes, no backslashes) is passed on with little work per line.

Line numbers count the lines of the file, the header being line 1. Where a quoted field holds a
line end, the record counts as one line: its number is the number of the record plus one.
Blank lines are counted but are not data.
"""

import csv
from collections import deque
from collections.abc import Callable, Iterator
from typing import BinaryIO

from ingestion.contract import Contract
from ingestion.errors import DeliveryFault
from ingestion.inbox import Delivery
from ingestion.reading.decoding import text_blocks
from ingestion.reading.stream import HASH_SEPARATOR, NULL, CopyText, LineStream, check_columns, digest

# The other spellings a header is tried in, to tell a wrong encoding from a wrong column.
OTHER_ENCODINGS = ("utf-8", "gb18030")


def read_delimited(contract: Contract, delivery: Delivery, file: BinaryIO) -> LineStream:
    """Check the header and prepare the stream. Raises DeliveryFault."""
    delimiter = contract.file.delimiter or ","
    blocks = text_blocks(delivery, file)
    first = next(blocks, "")
    header_line, _, rest = first.partition("\n")
    header_line = header_line.removesuffix("\r")
    header = _header(header_line, delimiter)
    _check_encoding(contract, delivery, header_line, header, delimiter)
    check_columns(contract, delivery, header)
    columns = tuple(contract.column_of_header[name].name for name in header)
    copy_text = CopyText(contract, columns, delimiter)
    return LineStream(columns, delimiter, lambda: _lines(blocks, rest, copy_text))


def _header(line: str, delimiter: str) -> list[str]:
    try:
        names = next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        names = line.split(delimiter)
    return [name.strip() for name in names]


def _check_encoding(
    contract: Contract, delivery: Delivery, line: str, header: list[str], delimiter: str
) -> None:
    """UTF-8 often decodes as GB18030 without an error, into other characters: the header shows it."""
    if set(header) & set(contract.column_of_header):
        return
    data = line.encode(delivery.encoding.removesuffix("-sig"))
    for encoding in OTHER_ENCODINGS:
        try:
            names = _header(data.decode(encoding).removeprefix("\ufeff"), delimiter)
        except UnicodeDecodeError:
            continue
        if set(names) & set(contract.column_of_header):
            raise DeliveryFault(
                "encoding",
                f"{delivery.path.name}: is written in {encoding}, not in {delivery.encoding} as stated. "
                "Send it again in the agreed encoding. Nothing was loaded.",
            )


def _lines(blocks: Iterator[str], rest: str, copy_text: CopyText) -> Iterator[bytes]:
    number = 2
    pending = deque([rest] if rest else [])

    def next_block() -> str | None:
        return pending.popleft() if pending else next(blocks, None)

    while (block := next_block()) is not None:
        lines = _plain_lines(block)
        if lines is not None:
            yield _quick(lines, number, copy_text)
            number += len(lines)
        else:
            records = _Records(block, next_block, copy_text)
            yield "".join(_careful(records, number, copy_text)).encode()
            number += records.count


def _plain_lines(block: str) -> list[bytes] | None:
    """The lines of a block as UTF-8 without their ends; null where a character has a special meaning."""
    if '"' in block or "\\" in block or "\0" in block:
        return None
    data = block.encode()
    returns = data.count(b"\r")
    if returns == 0:
        return data.removesuffix(b"\n").split(b"\n")
    if returns == data.count(b"\r\n") == data.count(b"\n"):
        return data.removesuffix(b"\r\n").split(b"\r\n")
    return None


def _quick(lines: list[bytes], number: int, copy_text: CopyText) -> bytes:
    """Lines in which no character means anything but itself."""
    delimiter = copy_text.delimiter.encode()
    separators = copy_text.width - 1
    if copy_text.is_ordered and {line.count(delimiter) for line in lines} == {separators}:
        # Line number, no fault, no column, no raw line, row hash, then the line as it is.
        form = b"%d" + delimiter + (NULL.encode() + delimiter) * 3 + b"%b" + delimiter + b"%b\n"
        hashed = HASH_SEPARATOR.encode()
        return b"".join(
            [
                form % (n, digest(line.replace(delimiter, hashed)), line)
                for n, line in enumerate(lines, number)
            ]
        )
    return "".join(
        [
            copy_text.line(n, line.split(copy_text.delimiter))
            if line.count(copy_text.delimiter) == separators
            else copy_text.faulty_line(n, line.split(copy_text.delimiter), line, "field_count")
            for n, line in enumerate((line.decode() for line in lines), number)
            if line.strip()
        ]
    ).encode()


class _Records:
    """Lines of a block as records of a CSV parser, which may pull further blocks for an open quote.

    A quote that is never closed must not swallow the lines after it: where a record of several
    lines does not fit the header, only its first line is given up and the others are read again.
    """

    def __init__(self, block: str, next_block: Callable[[], str | None], copy_text: CopyText) -> None:
        self.count = 0
        self._lines = deque(_split(block))
        self._next_block = next_block
        self._copy_text = copy_text

    def _feed(self, taken: list[str]) -> Iterator[str]:
        while True:
            if not self._lines:
                block = self._next_block()
                if block is None:
                    return
                self._lines.extend(_split(block))
            taken.append(self._lines.popleft())
            yield taken[-1]

    def __iter__(self) -> Iterator[tuple[list[str] | None, str]]:
        """Fields (null where the parser gives up) and the raw text of every record."""
        while self._lines:
            taken: list[str] = []
            self.count += 1
            fields: list[str] | None
            try:
                reader = csv.reader(self._feed(taken), delimiter=self._copy_text.delimiter, strict=True)
                fields = next(reader, [])
            except csv.Error:
                fields = None
            if len(taken) > 1 and (fields is None or len(fields) != self._copy_text.width):
                self._lines.extendleft(reversed(taken[1:]))
                del taken[1:]
                fields = None
            yield fields, "".join(taken).rstrip("\r\n")


def _split(block: str) -> list[str]:
    """Lines with their ends; only '\\n' ends a line."""
    lines = [line + "\n" for line in block.split("\n")]
    last = lines.pop()[:-1]
    return [*lines, last] if last else lines


def _careful(records: _Records, number: int, copy_text: CopyText) -> Iterator[str]:
    for n, (fields, raw) in enumerate(records, number):
        if not raw.strip():
            continue
        if fields is None:
            yield copy_text.faulty_line(n, raw.split(copy_text.delimiter), raw, "unreadable_line")
        elif "\0" in raw:
            yield copy_text.faulty_line(n, fields, raw, "nul_character")
        elif len(fields) != copy_text.width:
            yield copy_text.faulty_line(n, fields, raw, "field_count")
        else:
            yield copy_text.line(n, fields, raw)
