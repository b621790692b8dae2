"""Can a line be read? Every line is judged before it is written, so no line is written twice.

Lengths and blanks are looked at in place. Values of dates, months, amounts and codes are judged
once per distinct value of a batch, which is a thousand times less work than once per line, by the
cleaning functions in the database that staging uses too: what landing lets pass, staging can read.
The first fault of a line counts.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from operator import mul
from typing import Any, NamedTuple, TypeVar

import numpy as np
import pandas as pd
import psycopg
from numpy.typing import NDArray
from psycopg import sql

from ingestion.blanks import BLANKS
from ingestion.cleaning import (
    READABLE_BY,
    counted,
    in_range,
    key_hash,
    own_codes,
    part_of,
    read_for_key,
    reader_of,
)
from ingestion.contract import Column, Contract, Operation
from ingestion.pieces import Piece
from ingestion.reading.json_objects import DECODER, cell_text, value_at
from ingestion.reading.stream import Batch, PlainLines, Record
from ingestion.records import Range

# Amounts differ from line to line; asking for those written in the plainest way would be the main work.
AMOUNTS = ("yuan", "wan_yuan", "number")
PLAIN_NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{1,2})?")
# Nearly every value of these differs too, and is what it says where it is a word of five or more letters
# and digits: only others are asked for.
IDENTIFIERS = ("identifier", "id_number")
PLAIN_IDENTIFIER = re.compile(r"(?=[A-Z]*[0-9])(?=.*[1-9])(?!(.)\1*$|0?1234567)[0-9A-Z]{5,}")
# Verdicts kept per column; a column of ever new values must not fill the memory.
VERDICTS_KEPT = 200_000
# Values up to this length are compared as machine words (bytes).
WIDEST_WORDS = 64

# Of a line that names columns: the least of what has digits in every line of data, and characters of a name.
WITH_DIGITS = (
    "id_number", "date", "month", "instant", "zoned_instant", "yuan", "wan_yuan", "fen", "number", "sequence",
)  # fmt: skip
FEWEST_NAMED, SHORTEST_NAME = 2, 2

T = TypeVar("T")


class Fault(NamedTuple):
    """Why a line cannot be read. column: header, null where the line as a whole is at fault."""

    reason_code: str
    column: str | None


class Judge:
    """Judges the lines of one delivery and adds up its control column.

    connection: a second one, for questions while the first is busy copying.
    landed_yuan, rejected_yuan: sums of the control column; unreadable_amounts: lines without one.
    """

    def __init__(self, connection: psycopg.Connection, contract: Contract, columns: Sequence[str]) -> None:
        self.landed_yuan = self.rejected_yuan = Decimal(0)
        self.unreadable_amounts = 0
        self._columns = [(columns.index(column.name), column) for column in contract.columns]
        self._takes_back = contract.takes_back
        self._revoking = _revoking(connection, contract.operation)
        self._total_place = columns.index(contract.control_total) if contract.control_total else None
        self._checks = {
            column.name: checks
            for column in contract.columns
            if (checks := tuple(_checks(connection, column, contract.operation)))
        }
        items = {
            column.name: [(item, tuple(_checks(connection, item, None))) for item in column.items]
            for column in contract.columns
        }
        self._items = {
            name: judged
            for name, judged in items.items()
            if any(item.required or checks for item, checks in judged) or contract.column(name).cell_list
        }
        self._judged = (*self._checks, *self._items)
        self._operation_place = columns.index(contract.operation.column) if contract.operation else None
        self._connection = connection
        self._key_places = [columns.index(name) for name in read_for_key(contract)]
        self._key_query = _key_query(contract)
        self._yuan: _Verdicts[Decimal | None] = _amounts(connection, contract)

    def faults(self, batch: Batch) -> dict[int, Fault]:
        """Place in the batch to fault, of all lines that cannot be read."""
        if isinstance(batch, PlainLines):
            return self._plain_faults(batch)
        return self._record_faults(batch)

    def yuan(self, batch: Batch, place: int) -> Decimal | None:
        """Amount of a line in the control column, absurd ones included; null where there is none."""
        if self._total_place is None:
            return None
        if isinstance(batch, PlainLines):
            value: str | None = batch.field(self._total_place, place).decode()
        else:
            value = _field(batch[place], self._total_place)
        return None if value is None else self._yuan.of([value])[0]

    def key_hashes(self, batch: Batch, places: Sequence[int]) -> list[int | None]:
        """Hash of the business key each line names, null where the line does not let it be read."""
        keys = [self._key(batch, place) for place in places]
        if not keys:
            return []
        rows = self._connection.execute(self._key_query, [list(part) for part in zip(*keys, strict=True)])
        return [key_hash for (key_hash,) in rows.fetchall()]

    def names_columns(self, batch: Batch, place: int) -> bool:
        """Whether a line that cannot be read is the header of another table: words alone, each another one, where
        days, amounts and numbers of people belong. The own header once more, as pages repeat it, is none, and
        neither is a line of signatures (制表人：某某)."""
        said = [
            (column, text)
            for at, column in self._columns
            if (text := (self._field(batch, place, at) or "").strip(BLANKS))
        ]
        words = [text for _, text in said]
        return (
            sum(column.type in WITH_DIGITS for column, _ in said) >= FEWEST_NAMED
            and all(len(word) >= SHORTEST_NAME and not any(map(str.isdigit, word)) for word in words)
            and len(set(words)) == len(words)
            and not any(mark in word for word in words for mark in ":：")
            and any(text != column.header for column, text in said)
        )

    @staticmethod
    def _field(batch: Batch, place: int, at: int) -> str | None:
        if isinstance(batch, PlainLines):
            return batch.field(at, place).decode()
        return _field(batch[place], at)

    def _key(self, batch: Batch, place: int) -> list[str | None]:
        if isinstance(batch, PlainLines):
            key: list[str | None] = [batch.field(part, place).decode() for part in self._key_places]
        elif batch[place].fault is not None:  # its fields hold only what could be read
            return [None] * len(self._key_places)
        else:
            key = [_field(batch[place], part) for part in self._key_places]
        return [None if value is None else value.replace("\0", "\ufffd") for value in key]

    # Plain lines, vectorised ----------------------------------------------------------------

    def _plain_faults(self, batch: PlainLines) -> dict[int, Fault]:
        # Room behind the end, so that whole words can be taken from any place.
        data = np.frombuffer(batch.data + bytes(WIDEST_WORDS), np.uint8)
        lengths = batch.ends - batch.starts
        faults: dict[int, Fault] = {}
        for place, column in self._columns:
            starts = batch.starts[place]
            if column.required and place != self._operation_place:
                suspects = (lengths[place] == 0) | MAY_BE_BLANK[data[starts]]
                for line in np.flatnonzero(suspects).tolist():
                    if _is_blank(batch.field(place, line).decode()) and not (
                        column.key_position is None and self._revokes(self._plain_operation(batch, line))
                    ):
                        faults.setdefault(line, _missing(column))
            for line in np.flatnonzero(lengths[place] > _surely_short(column)).tolist():
                if _is_too_long(column, batch.field(place, line).decode()):
                    faults.setdefault(line, Fault("field_too_long", column.header))
        judged = [
            (place, column)
            for place, column in self._columns
            if column.name in self._judged or place == self._total_place
        ]
        for place, column in judged:
            if column.type in IDENTIFIERS and column.has_any_word:
                suspects = _unlike_identifiers(batch, place, lengths[place])
                values = [batch.field(place, line).decode() for line in suspects]
                unreadable = self._bad_values(column, values)
                for line, value in zip(suspects, values, strict=True):
                    if value in unreadable:
                        faults.setdefault(line, unreadable[value])
                continue
            codes, fields = distinct(data, batch.starts[place], lengths[place])
            values = [field.decode() for field in fields]
            if place == self._total_place:
                total_codes, total_values = codes, values
            said = self._faults_in(column, values)
            bad = np.array([fault is not None for fault in said], bool)
            if bad.any():
                for line in np.flatnonzero(bad[codes]).tolist():
                    faults.setdefault(line, said[codes[line]])
        if self._total_place is not None:
            rejected = np.bincount(total_codes[list(faults)], minlength=len(total_values))
            landed = np.bincount(total_codes, minlength=len(total_values)) - rejected
            self._add(total_values, landed.tolist(), rejected.tolist())
        return faults

    def _add(self, values: list[str], landed: list[int], rejected: list[int]) -> None:
        """landed, rejected: lines with the value in the control column."""
        amounts = self._yuan.of(values)
        self.unreadable_amounts += sum(
            here + there
            for amount, here, there in zip(amounts, landed, rejected, strict=True)
            if amount is None
        )
        # Whole fen: integers add up exactly, and much faster than decimals.
        fen = [0 if amount is None else int(amount * 100) for amount in amounts]
        self.landed_yuan += Decimal(sum(map(mul, fen, landed))) / 100
        self.rejected_yuan += Decimal(sum(map(mul, fen, rejected))) / 100

    # Records, one by one --------------------------------------------------------------------

    def _record_faults(self, records: list[Record]) -> dict[int, Fault]:
        bad = {
            column.name: self._bad_values(column, (_field(record, place) for record in records))
            for place, column in self._columns
            if column.name in self._judged
        }
        faults = {
            line: fault
            for line, record in enumerate(records)
            if (fault := next(self._faults_of(record, bad), None)) is not None
        }
        if self._total_place is not None:
            total = [_field(record, self._total_place) or "" for record in records]
            met = Counter(total)
            rejected = Counter(total[line] for line in faults)
            self._add(
                list(met), [met[value] - rejected[value] for value in met], [rejected[value] for value in met]
            )
        return faults

    def _faults_of(self, record: Record, bad: dict[str, dict[str, Fault]]) -> Iterator[Fault]:
        if record.fault is not None:
            yield Fault(record.fault, record.fault_column)
            return
        place = self._operation_place
        is_revoked = self._revokes(None if place is None else record.fields[place])
        for place, column in self._columns:
            value = record.fields[place]
            is_wanted = column.key_position is not None or not is_revoked
            if column.required and is_wanted and place != self._operation_place and _is_blank(value):
                yield _missing(column)
            if value is not None and _is_too_long(column, value):
                yield Fault("field_too_long", column.header)
        for place, column in self._columns:
            if (value := record.fields[place] or "") in bad.get(column.name, ()):
                yield bad[column.name][value]

    def _plain_operation(self, batch: PlainLines, line: int) -> str | None:
        return None if self._operation_place is None else batch.field(self._operation_place, line).decode()

    def _revokes(self, value: str | None) -> bool:
        """A line that takes a record back need not say what it was."""
        return self._takes_back or (self._revoking is not None and self._revoking.of([value or ""])[0])

    def _bad_values(self, column: Column, values: Iterable[str | None]) -> dict[str, Fault]:
        found = list({value or "" for value in values})
        said = zip(found, self._faults_in(column, found), strict=True)
        return {value: fault for value, fault in said if fault is not None}

    def _faults_in(self, column: Column, values: list[str]) -> list[Fault | None]:
        """What is wrong with each value of a column, null where nothing is."""
        if column.name in self._items:
            return [self._fault_in_items(column, value) for value in values]
        faults: list[Fault | None] = [None] * len(values)
        for verdicts, reason in self._checks.get(column.name, ()):
            for place, (good, value) in enumerate(zip(verdicts.of(values), values, strict=True)):
                # No operation is none; any other value that is not there is for `required` to say.
                if (
                    not good
                    and faults[place] is None
                    and (reason == "unknown_operation" or not _is_blank(value))
                ):
                    faults[place] = Fault(reason, column.header)
        return faults

    def _fault_in_items(self, column: Column, value: str) -> Fault | None:
        """The first fault among the items of a list; a list of JSON was seen to be one."""
        items: list[Any] = []
        if column.cell_list is not None:
            parts = [*column.cell_list.items(value)]
            # Of another number of parts nobody could say which is which.
            if any(len(one) != column.cell_list.parts for one in parts):
                return Fault("unexpected_form", column.header)
            items = [{str(at): text for at, text in enumerate(one, 1)} for one in parts]
        elif value:
            items = DECODER.decode(value)
        for item, checks in self._items[column.name]:
            texts = [cell_text(value_at(one, item.header)) for one in items]
            header = f"{column.header}[].{item.header}"
            if item.required and any(_is_blank(text) for text in texts):
                return Fault("missing_value", header)
            given = [text for text in texts if text is not None and not _is_blank(text)]
            for verdicts, reason in checks:
                if not all(verdicts.of(given)):
                    return Fault(reason, header)
        return None


class _Verdicts(dict[str, T]):
    """What the database says of a value, asked once.

    obvious: gives the same verdict without asking, null where it cannot.
    """

    def __init__(
        self,
        connection: psycopg.Connection,
        query: sql.SQL | sql.Composed,
        obvious: Callable[[str], T | None],
    ) -> None:
        super().__init__()
        self._connection = connection
        self._query = query
        self._obvious = obvious

    def of(self, values: list[str]) -> list[T]:
        unknown = []
        for value in values:
            if value not in self:
                verdict = self._obvious(value)
                if verdict is None:
                    unknown.append(value)
                else:
                    self[value] = verdict
        if unknown:
            asked = [value.replace("\0", "\ufffd") for value in unknown]
            rows = self._connection.execute(self._query, [asked]).fetchall()
            self.update(zip(unknown, (answer for (answer,) in rows), strict=True))
        verdicts = [self[value] for value in values]
        if len(self) > VERDICTS_KEPT:
            self.clear()
        return verdicts


def _unknown(_: str) -> None:
    return None


def _surely_a_number(value: str) -> bool | None:
    return True if PLAIN_NUMBER.fullmatch(value) else None


def _surely_an_identifier(value: str) -> bool | None:
    return True if PLAIN_IDENTIFIER.fullmatch(value) else None


OBVIOUS: Mapping[str, Callable[[str], bool | None]] = dict.fromkeys(
    AMOUNTS, _surely_a_number
) | dict.fromkeys(IDENTIFIERS, _surely_an_identifier)


def _plain_amount(value: str) -> Decimal | None:
    return Decimal(value) if PLAIN_NUMBER.fullmatch(value) else None


def _readable_query(column: Column) -> sql.Composed:
    return _of_each(sql.SQL(f"clean.{reader_of(column)}(value) is not null"))


def _of_each(said: sql.Composable) -> sql.Composed:
    """What an expression says of each ``value`` of an array, in its order."""
    return sql.SQL("select {} from unnest(%s::text[]) with ordinality as asked (value, n) order by n").format(
        said
    )


def _key_query(contract: Contract) -> sql.Composed:
    """The hashes of keys given as one array per column."""
    return sql.SQL(
        "select {key_hash} from unnest({arrays}) with ordinality as asked ({names}, n) order by n"
    ).format(
        key_hash=key_hash(contract),
        arrays=sql.SQL(", ").join([sql.SQL("%s::text[]")] * len(read_for_key(contract))),
        names=sql.SQL(", ").join(map(sql.Identifier, read_for_key(contract))),
    )


# Yuan of an amount text, absurdly large ones (up to 15 digits) included, else null.
AMOUNT_QUERY = _of_each(
    sql.SQL(
        "coalesce(clean.yuan(value), case when value ~ '^\\s*[-+]?\\d{1,15}(\\.\\d{1,6})?\\s*$' "
        "then round(value::numeric, 2) end)"
    )
)


def _amounts(connection: psycopg.Connection, contract: Contract) -> "_Verdicts[Decimal | None]":
    """Yuan of the control column, in whatever unit it is written."""
    if contract.control_total is None or contract.column(contract.control_total).type == "yuan":
        return _Verdicts(connection, AMOUNT_QUERY, _plain_amount)
    kind = contract.column(contract.control_total).type
    return _Verdicts(connection, _of_each(sql.SQL(f"clean.{kind}(value)")), _unknown)


SHORTEST_IDENTIFIER = 5
IS_ALPHANUMERIC = np.zeros(256, bool)
IS_ALPHANUMERIC[[ord(character) for character in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"]] = True
# Also the first byte of a Chinese character; not of UNKNOWN, a blank, or what is written in full width.
MAY_BE_FIRST = IS_ALPHANUMERIC.copy()
MAY_BE_FIRST[0xE4:0xEA] = True
MAY_BE_FIRST[ord("U")] = False

# First bytes in UTF-8 of the characters in BLANKS.
MAY_BE_BLANK = np.zeros(256, bool)
MAY_BE_BLANK[[blank.encode()[0] for blank in BLANKS]] = True


def _is_blank(value: str | None) -> bool:
    return not (value and value.strip(BLANKS))


def _surely_short(column: Column) -> int:
    """Bytes up to which a value is not worth a look."""
    return min(item.longest for item in column.items) if column.items else column.longest


def _is_too_long(column: Column, value: str) -> bool:
    """Also a value in a list: it ends in the same indexes."""
    return len(value) > column.longest or (
        len(value) > _surely_short(column) and column.type == "nested" and _has_long_item(column, value)
    )


def _has_long_item(column: Column, value: str) -> bool:
    longest = {item.header: item.longest for item in column.items}
    if column.cell_list is not None:
        return any(
            len(part) > min(longest.values()) for item in column.cell_list.items(value) for part in item
        )
    try:
        items = json.loads(value, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return False  # no list, of which nothing is unfolded
    return any(
        len(held if isinstance(held, str) else json.dumps(held, ensure_ascii=False)) > most
        for item in items
        for path, most in longest.items()
        if (held := value_at(item, path)) is not None
    )


def _missing(column: Column) -> Fault:
    return Fault("missing_value" if column.key_position is None else "missing_key", column.header)


def _checks(
    connection: psycopg.Connection, column: Column, operation: Operation | None
) -> Iterator[tuple["_Verdicts[bool]", str]]:
    """Who says whether a value of a column can be used, and the reason where it cannot."""
    if column.pattern is not None:
        form = re.compile(column.pattern)
        yield (
            _Verdicts(connection, sql.SQL(""), lambda value: bool(form.fullmatch(value.strip(BLANKS)))),
            "unexpected_form",
        )
    is_operation = operation is not None and operation.column == column.name
    codes = operation.letters if operation and is_operation else column.own_codes
    if codes:
        yield _codes(connection, codes), "unknown_operation" if is_operation else "unknown_code"
    elif column.type in READABLE_BY and column.on_unreadable == "reject":
        verdicts = _Verdicts(connection, _readable_query(column), OBVIOUS.get(column.type, _unknown))
        yield verdicts, READABLE_BY[column.type][1]
    for known, factor in column.ranges:
        yield _Verdicts(connection, _within(known, factor), _unknown), "out_of_range"
    for part, of_part in column.codes_of_parts.items():
        code = part_of(sql.Identifier("value"), part)
        yield _Verdicts(connection, _among(code, of_part), _unknown), "unknown_code"
    for piece in column.pieces:
        yield _Verdicts(connection, _can_be_read(piece), _unknown), READABLE_BY[piece.type][1]


def _can_be_read(piece: Piece) -> sql.Composed:
    """Whether a piece of each value can be read, or is not there and need not be."""
    said = dict(piece.part)
    text = part_of(sql.Identifier("value"), piece.part)
    readable = sql.SQL("clean.{}({}) is not null").format(sql.Identifier(READABLE_BY[piece.type][0]), text)
    if not piece.is_wanted:
        readable = sql.SQL("({} is null or {})").format(text, readable)
    if piece.is_parted and "by" in said:
        parts = sql.SQL("cardinality(string_to_array(clean.compact(value), {})) >= {}")
        readable = sql.SQL("{} and {}").format(
            parts.format(sql.Literal(said["by"]), sql.Literal(said["part"])), readable
        )
    return _of_each(sql.SQL("coalesce({}, true)").format(readable))


def _revoking(connection: psycopg.Connection, operation: Operation | None) -> "_Verdicts[bool] | None":
    return _codes(connection, frozenset(operation.revoke)) if operation and operation.revoke else None


def _codes(connection: psycopg.Connection, codes: frozenset[str]) -> "_Verdicts[bool]":
    """Whether a value is one of the codes, however wide it is written; a blank one is none."""
    code = sql.SQL("coalesce(clean.compact(value), '')")
    return _Verdicts(connection, _among(code, codes), lambda value: True if value in codes else None)


def _among(code: sql.Composable, codes: frozenset[str]) -> sql.Composed:
    """Whether what is read as a code from each value is one of them, or is not there."""
    return _of_each(sql.SQL("coalesce({} = any({}), true)").format(code, own_codes(sorted(codes))))


def _within(known: Range, factor: str) -> sql.Composed:
    """Whether each value is a number of a range."""
    number = counted(sql.SQL("clean.number(value)"), factor)
    return _of_each(sql.SQL("coalesce({}, false)").format(in_range(number, known)))


def _field(record: Record, place: int) -> str | None:
    return record.fields[place] if place < len(record.fields) else None


def _unlike_identifiers(batch: PlainLines, place: int, lengths: NDArray[np.int64]) -> list[int]:
    """Lines whose field may be a word for nothing, one character throughout, or a long number that has lost
    digits (4.20222E+17, 42022219900101.0): the database is to say. Empty fields are not among them."""
    data = np.frombuffer(batch.data, np.uint8)
    starts, ends = batch.starts[place], batch.ends[place]
    first, second, third_last, next_to_last, last = (
        data[np.clip(at, 0, data.size - 1)] for at in (starts, starts + 1, ends - 3, ends - 2, ends - 1)
    )
    is_usual = MAY_BE_FIRST[first] & IS_ALPHANUMERIC[last] & (lengths >= SHORTEST_IDENTIFIER)
    for byte in (second, third_last, next_to_last):
        is_usual &= byte != ord(".")
    is_usual &= (second != ord("E")) & (second != ord("e")) & ~((first == second) & (second == last))
    return np.flatnonzero(~is_usual & (lengths > 0)).tolist()


def distinct(
    data: NDArray[np.uint8], starts: NDArray[np.int64], lengths: NDArray[np.int64]
) -> tuple[NDArray[np.intp], list[bytes]]:
    """Codes of the values that stand in ``data``, and the value of every code.

    data: without NUL characters but for WIDEST_WORDS of them at the end.
    """
    widest = int(lengths.max(initial=0))
    content = data.data
    if widest > WIDEST_WORDS:
        texts = [
            bytes(content[start : start + length]) for start, length in zip(starts, lengths, strict=True)
        ]
        long_codes, values = pd.factorize(np.array(texts, dtype=object))
        return long_codes, list(values)
    words = np.ndarray((data.size - 7,), np.uint64, data.data, strides=(1,))
    codes, count = np.zeros(len(starts), np.intp), 1
    for offset in range(0, widest, 8):
        word = words[starts + offset] & _FIRST_BYTES[np.clip(lengths - offset, 0, 8)]
        found, kinds = pd.factorize(word)
        codes, uniques = (found, kinds) if offset == 0 else pd.factorize(codes * len(kinds) + found)
        count = len(uniques)
    first = np.zeros(count, np.intp)
    first[codes[::-1]] = np.arange(len(codes) - 1, -1, -1)
    return codes, [bytes(content[starts[n] : starts[n] + lengths[n]]) for n in first]


# Masks that keep the first 0 to 8 bytes of a little-endian word.
_FIRST_BYTES = np.array([(1 << 8 * size) - 1 for size in range(9)], np.uint64)
