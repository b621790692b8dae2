"""What every reader gives: blocks of lines in PostgreSQL's COPY text format (UTF-8).

A line is ``_line_number, _fault, _fault_column, _raw_line, _row_hash`` and then the contract's
columns in the order of the file. ``_fault`` is the reason code of a line that cannot be read (its
columns hold what could be); ``_raw_line`` is set where joining the columns would not give the line
back; ``_row_hash`` is the md5 over all columns in the order of the contract, null for a fault.
"""

import re
from binascii import hexlify
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import md5

from ingestion.contract import Contract
from ingestion.errors import DeliveryFault
from ingestion.inbox import Delivery

SYSTEM_COLUMNS = {
    "_line_number": "integer",
    "_fault": "text",
    "_fault_column": "text",
    "_raw_line": "text",
    "_row_hash": "uuid",
}
NULL = "\\N"
# One line longer than this is a damaged file, not data (characters).
LINE_LIMIT = 16 * 1024 * 1024
# Stand between the columns and for a null column under the row hash.
HASH_SEPARATOR = "\x1f"
HASH_NULL = "\x1e"


@dataclass(frozen=True)
class LineStream:
    """columns: contract columns in the order of the file; delimiter: of the COPY text and of raw lines.

    ``blocks()`` may be called once. It raises DeliveryFault where the file as a whole turns out wrong.
    """

    columns: tuple[str, ...]
    delimiter: str
    blocks: Callable[[], Iterator[bytes]]


def digest(columns: bytes) -> bytes:
    """Row hash of the columns joined by the separator, as 32 hexadecimal characters."""
    return hexlify(md5(columns, usedforsecurity=False).digest())


class CopyText:
    """Fields to one line of COPY text; backslash, line ends and the delimiter are escaped.

    columns: in the order of the file; order: the places of the contract's columns among them.
    """

    def __init__(self, contract: Contract, columns: Sequence[str], delimiter: str) -> None:
        self.delimiter = delimiter
        self.width = len(columns)
        self.order = tuple(columns.index(name) for name in contract.column_names)
        self.is_ordered = self.order == tuple(range(self.width))
        self._escapes = str.maketrans(
            {"\\": "\\\\", "\n": "\\n", "\r": "\\r", delimiter: "\\" + delimiter, "\0": "\ufffd"}
        )
        self._needs_escape = re.compile(rf"[\\\n\r\0{re.escape(delimiter)}]").search

    def field(self, value: str | None) -> str:
        if value is None:
            return NULL
        return value.translate(self._escapes) if self._needs_escape(value) else value

    def line(self, number: int, fields: Sequence[str | None], raw_line: str | None = None) -> str:
        """A readable line, with its line end."""
        values = [fields[place] for place in self.order]
        joined = HASH_SEPARATOR.join([HASH_NULL if value is None else value for value in values])
        row_hash = digest(joined.encode()).decode()
        head = (str(number), NULL, NULL, self.field(raw_line), row_hash)
        return self.delimiter.join([*head, *map(self.field, fields)]) + "\n"

    def faulty_line(
        self,
        number: int,
        fields: Sequence[str | None],
        raw_line: str,
        fault: str,
        fault_column: str | None = None,
    ) -> str:
        """A line that cannot be read. Missing fields are null, additional ones left out."""
        cells = [*fields[: self.width], *([None] * (self.width - len(fields)))]
        head = (str(number), fault, self.field(fault_column), self.field(raw_line), NULL)
        return self.delimiter.join([*head, *map(self.field, cells)]) + "\n"


def printable_names(names: Iterable[str]) -> str:
    """Column names found in a file, safe to repeat: a name, never a number or a sentence.

    A file without header has people in its first line; they must not reach a message.
    """
    unlike_a_name = re.compile(r"\d{3}|[^\w()（）/%·.\- ]").search
    shown = [name for name in names if 0 < len(name) <= 20 and not unlike_a_name(name)]
    return ", ".join(shown) if shown else "names that cannot be repeated here"


def check_columns(contract: Contract, delivery: Delivery, found: Sequence[str]) -> None:
    """Compare the names in a file with the contract, by name and in any order. Raises DeliveryFault."""
    wanted = contract.column_of_header
    missing = [header for header in wanted if header not in found]
    unknown = [name for name in found if name not in wanted]
    file = delivery.path.name
    advice = (
        f"Ask {contract.owner} for a corrected file, or change physicalName in "
        f"ingestion/contracts/{contract.path.name}. Nothing was loaded."
    )
    if len(missing) * 2 > len(wanted):
        raise DeliveryFault(
            "missing_column",
            f"{file}: the first line is not the expected header: {len(missing)} of {len(wanted)} columns are "
            f"missing ({', '.join(missing)}). {advice}",
        )
    if missing:
        found_instead = f" (found {printable_names(unknown)})" if unknown else ""
        plural = "columns" if len(missing) > 1 else "column"
        verb = "are" if len(missing) > 1 else "is"
        raise DeliveryFault(
            "missing_column", f"{file}: {plural} {', '.join(missing)} {verb} missing{found_instead}. {advice}"
        )
    if unknown:
        raise DeliveryFault(
            "unknown_column",
            f"{file}: unknown additional column ({printable_names(unknown)}). {advice}",
        )
    doubled = sorted({name for name in found if list(found).count(name) > 1})
    if doubled:
        raise DeliveryFault("unknown_column", f"{file}: column {', '.join(doubled)} stands twice. {advice}")
