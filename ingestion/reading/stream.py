"""What every reader gives: batches of lines, as they stand in the file or as records, and their COPY text.

A batch is either `PlainLines`, a block of lines that can be passed on as they are, or a list of
`Record`, one per line. ``_row_hash`` is a 128-bit digest over the COPY text of all columns in the
order of the contract, the same whichever way a line is read.
"""

import json
import re
from binascii import hexlify
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from xxhash import xxh3_128_digest

from ingestion.bureau import shown
from ingestion.contract import Column, Contract
from ingestion.errors import DeliveryFault
from ingestion.inbox import Delivery

# What stands before the contract's columns in a line of COPY text.
SYSTEM_COLUMNS = ("_line_number", "_row_hash")
NULL = "\\N"
NULLS_DELIMITER = b"\t"  # of lines with nulls, which come of tables alone
# Columns beyond the contract that are kept; more is another layout, or an attack.
MOST_ADDITIONS = 100
# What is longer is no name; how like two names must be to be told together (0 to 1).
LONGEST_NAME = 100
NEAR = 0.5
# One line longer than this is a damaged file, not data (bytes).
LINE_LIMIT = 16 * 1024 * 1024
HASH_BYTES = 16


class Record(NamedTuple):
    """One line. ``fault`` is the reason code where it cannot be read; ``fields`` hold what could be."""

    number: int
    fields: Sequence[str | None]
    raw_line: str
    fault: str | None = None
    fault_column: str | None = None


@dataclass(frozen=True)
class PlainLines:
    """Lines in which no character means anything but itself, none of them blank, numbered from ``number``.

    data: UTF-8, every line with its line end; starts, ends: (columns, lines), where every field stands in it.
    nulls: (columns, lines), which stand as COPY's null in the data and have no length here; null, there are none.
    """

    number: int
    data: bytes
    line_end: bytes
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    nulls: NDArray[np.bool_] | None = None

    def __len__(self) -> int:
        return self.ends.shape[1]

    @classmethod
    def of(
        cls,
        number: int,
        data: bytes,
        delimiter: str,
        width: int,
        line_end: bytes = b"\n",
        is_trailed: bool = False,
    ) -> "PlainLines | None":
        """Null where a line has not ``width`` fields. Every '\\n' in the data belongs to a line end.

        is_trailed: a further delimiter ends every line, and belongs to its end.
        """
        if is_trailed:
            width += 1
        values = np.frombuffer(data, np.uint8)
        is_line_end = values == ord("\n")
        marks = np.flatnonzero((values == ord(delimiter)) | is_line_end)
        count = np.count_nonzero(is_line_end)
        if count == 0 or len(marks) != count * width:
            return None
        ends = np.ascontiguousarray(marks.reshape(count, width).T)
        if not is_line_end[ends[-1]].all():
            return None
        if width == 1 and (np.diff(marks, prepend=-1) <= len(line_end)).any():
            return None  # perhaps a blank line, which is no data
        starts = np.empty_like(ends)
        starts[1:] = ends[:-1] + 1
        starts[0, 0] = 0
        starts[0, 1:] = ends[-1, :-1] + 1
        ends[-1] -= len(line_end) - 1
        if is_trailed:
            if (ends[-1] > starts[-1]).any():
                return None
            starts, ends, line_end = starts[:-1], ends[:-1], delimiter.encode() + line_end
        return cls(number, data, line_end, starts, ends)

    def with_nulls(self) -> "PlainLines | None":
        """The same where every backslash is one of a null (``\\N`` as a whole field); null where one is not."""
        # A byte behind the end, so that the one after any start can be looked at.
        values = np.frombuffer(self.data + b"\n", np.uint8)
        nulls = (
            (self.ends - self.starts == len(NULL))
            & (values[self.starts] == ord("\\"))
            & (values[self.starts + 1] == ord("N"))
        )
        if np.count_nonzero(nulls) != self.data.count(b"\\"):
            return None
        return (
            replace(self, ends=np.where(nulls, self.starts, self.ends), nulls=nulls) if nulls.any() else self
        )

    def line(self, place: int) -> bytes:
        if self.nulls is not None and self.nulls[:, place].any():
            return NULLS_DELIMITER.join(self.field(column, place) for column in range(len(self.ends)))
        return self.data[self.starts[0, place] : self.ends[-1, place]]

    def field(self, column: int, place: int) -> bytes:
        return self.data[self.starts[column, place] : self.ends[column, place]]


Batch = PlainLines | list[Record]


@dataclass(frozen=True)
class LineStream:
    """columns: contract columns that stand in the file, in its order; delimiter: of plain lines and of the
    COPY text.

    additions: names of columns beyond the contract that were met so far; their values stand in
    ``_additions``, the last of the columns then.
    passed_over: grows by the subtotals that were left out among the data, by how they begin in the contract.
    ``batches()`` may be called once. It raises DeliveryFault where the file as a whole turns out wrong.
    """

    columns: tuple[str, ...]
    delimiter: str
    batches: Callable[[], Iterator[Batch]]
    additions: list[str] = field(default_factory=list)
    passed_over: Counter[str] = field(default_factory=Counter)


class CopyText:
    """Readable lines as PostgreSQL's COPY text (UTF-8); backslash, line ends and delimiter are escaped.

    columns: in the order of the file; constants: what the file's name says of all its lines, by column.
    order: of the contract's columns, the place in the line, or the text of one that stands in none.
    ``hashes`` grows by the first half of the hash of every line written, where it ``remembers``.
    """

    def __init__(
        self,
        contract: Contract,
        columns: Sequence[str],
        delimiter: str,
        remembers: bool = True,
        constants: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.delimiter = delimiter
        self.hashes: list[NDArray[np.uint64]] = []
        self._remembers = remembers
        self._escapes = str.maketrans({"\\": "\\\\", "\n": "\\n", "\r": "\\r", delimiter: "\\" + delimiter})
        self._needs_escape = re.compile(rf"[\\\n\r{re.escape(delimiter)}]").search
        self.order = tuple(
            columns.index(name) if name in columns else self.field(constants.get(name))
            for name in contract.column_names
        )
        self._is_ordered = self.order == tuple(range(len(columns)))

    def field(self, value: str | None) -> str:
        if value is None:
            return NULL
        return value.translate(self._escapes) if self._needs_escape(value) else value

    def records(self, records: Iterable[Record]) -> bytes:
        digests, lines = [], []
        for record in records:
            fields = [*map(self.field, record.fields)]
            text = self.delimiter.join(fields)
            hashed = text
            if not self._is_ordered:
                hashed = self.delimiter.join([fields[n] if isinstance(n, int) else n for n in self.order])
            digests.append(xxh3_128_digest(hashed.encode()))
            lines.append(self.delimiter.join([str(record.number), digests[-1].hex(), text]) + "\n")
        self._keep(digests)
        return "".join(lines).encode()

    def plain(self, batch: PlainLines, leave_out: Collection[int] = ()) -> bytes:
        """leave_out: places of lines that are not written."""
        delimiter = self.delimiter.encode()
        lines = batch.data.split(batch.line_end)
        lines.pop()
        numbers: Iterable[int] = range(batch.number, batch.number + len(lines))
        if leave_out:
            kept = [place for place in range(len(lines)) if place not in leave_out]
            lines = [lines[place] for place in kept]
            numbers = [batch.number + place for place in kept]
        hashed = lines
        if not self._is_ordered:
            order = [place if isinstance(place, int) else place.encode() for place in self.order]
            split = [line.split(delimiter) for line in lines]
            hashed = [
                delimiter.join([fields[place] if isinstance(place, int) else place for place in order])
                for fields in split
            ]
        digests = [xxh3_128_digest(line) for line in hashed]
        self._keep(digests)
        width = 2 * HASH_BYTES
        hexadecimal = hexlify(b"".join(digests))
        form = b"%d" + delimiter + b"%b" + delimiter + b"%b\n"
        return b"".join(
            [
                form % (number, hexadecimal[place : place + width], line)
                for number, place, line in zip(numbers, range(0, len(hexadecimal), width), lines, strict=True)
            ]
        )

    def _keep(self, digests: list[bytes]) -> None:
        if self._remembers:
            self.hashes.append(np.frombuffer(b"".join(digests), np.uint64)[::2].copy())


def table_stream(
    contract: Contract,
    header: Sequence[str],
    delimiter: str,
    batches: Callable[[Counter[str]], Iterator[Batch]],
) -> LineStream:
    """The stream of a file with one header: columns the contract does not name are set aside.

    batches: told where subtotals that are left out are counted.
    """
    passed_over: Counter[str] = Counter()
    columns = contract.column_of_header
    known = tuple(columns[name].name for name in header if name in columns)
    additions = [name for name in header if name not in columns]
    if not additions:
        return LineStream(known, delimiter, lambda: batches(passed_over), passed_over=passed_over)
    return LineStream(
        (*known, "_additions"),
        delimiter,
        lambda: (
            [_set_aside(record, header, columns) for record in records_of(batch)]
            for batch in batches(passed_over)
        ),
        additions,
        passed_over,
    )


def records_of(batch: Batch) -> Iterator[Record]:
    if not isinstance(batch, PlainLines):
        yield from batch
        return
    for place in range(len(batch)):
        fields = [
            None
            if batch.nulls is not None and batch.nulls[column, place]
            else batch.field(column, place).decode()
            for column in range(len(batch.ends))
        ]
        yield Record(batch.number + place, fields, batch.line(place).decode())


def _set_aside(record: Record, header: Sequence[str], known: Collection[str]) -> Record:
    fields = dict(zip(header, record.fields, strict=False))
    additions = {name: value for name, value in fields.items() if name not in known}
    kept = [fields.get(name) for name in header if name in known]
    return record._replace(fields=[*kept, json.dumps(additions, ensure_ascii=False)])


def told_names(names: Sequence[str], wanted: Collection[str]) -> str:
    """Column names met in a file, by number and by the wanted ones they look like: they are cells, and a
    file without a header, or one that lost its line end, has people in its first line."""
    near: dict[str, None] = {}
    for name in names[:MOST_ADDITIONS]:
        near |= dict.fromkeys(get_close_matches(name[:LONGEST_NAME], wanted, 1, NEAR))
    told = f"{len(names)} unknown name{'' if len(names) == 1 else 's'}"
    return f"{told}, near {', '.join(near)}" if near else told


def check_columns(
    contract: Contract, delivery: Delivery, found: Sequence[str], inside: Column | None = None
) -> None:
    """Compare the names in a file, or in the items of a list inside it, with the contract, by name and in any order.
    Raises DeliveryFault."""
    wanted = contract.column_of_header if inside is None else {item.header: item for item in inside.items}
    missing = [header for header in wanted if header not in found]
    unknown = [name for name in found if name not in wanted]
    file = delivery.file_name if inside is None else f"{delivery.file_name}: {inside.header}[]"
    line = contract.file.header_line
    place = f"line {line}" if line > 1 else "the first line"
    advice = (
        f"Ask {contract.owner} for a corrected file, or change physicalName in "
        f"{shown(contract.path)}. Nothing was loaded."
    )
    if len(missing) * 2 > len(wanted):
        raise DeliveryFault(
            "missing_column",
            f"{file}: {place} is not the expected header: {len(missing)} of {len(wanted)} columns are "
            f"missing ({', '.join(missing)}). {advice}",
        )
    if missing:
        found_instead = f" ({told_names(unknown, missing)})" if unknown else ""
        plural = "columns" if len(missing) > 1 else "column"
        verb = "are" if len(missing) > 1 else "is"
        raise DeliveryFault(
            "missing_column", f"{file}: {plural} {', '.join(missing)} {verb} missing{found_instead}. {advice}"
        )
    if unknown and not contract.keeps_additions:
        raise DeliveryFault(
            "unknown_column",
            f"{file}: unknown additional column ({told_names(unknown, wanted)}). {advice}",
        )
    if len(unknown) > MOST_ADDITIONS:
        raise DeliveryFault(
            "unknown_column", f"{file}: more than {MOST_ADDITIONS} additional columns. {advice}"
        )
    doubled = [name for name, count in Counter(found).items() if count > 1]
    if doubled:
        ours = ", ".join(name for name in doubled if name in wanted)
        raise DeliveryFault(
            "unknown_column",
            f"{file}: column stands twice ({ours or told_names(doubled, wanted)}). {advice}",
        )
