"""JSON Lines: one object a line, the first line being number 1. Nested lists stay JSON text."""

import json
import math
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from ingestion.contract import Column, Contract
from ingestion.inbox import Delivery
from ingestion.reading.decoding import utf8_blocks
from ingestion.reading.stream import LineStream, Record, check_columns

# Levels of lists and objects in a line; the layouts have two.
DEEPEST = 20
# Characters of a number with a point or an exponent.
LONGEST_NUMBER = 1000
PADDED_EXPONENT = re.compile(r"([eE][+-]?)0+(?=[0-9])")


class _Number(float):
    """A number that remembers how it was written (860.00 stays 860.00).

    But for the zeros of an exponent: 7.25E+02 is exact in JSON, and what a spreadsheet shows of 725.4
    in a text.
    """

    text: str

    def __new__(cls, text: str) -> "_Number":
        number = super().__new__(cls, text)
        # What the database does not read as a number either: it would stop whoever unfolds the list.
        is_lost = number == 0 and re.search("[1-9]", re.split("[eE]", text)[0])
        if math.isinf(number) or is_lost or len(text) > LONGEST_NUMBER:
            raise ValueError("number out of range")
        number.text = PADDED_EXPONENT.sub(r"\1", text)
        return number


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


_decoder = json.JSONDecoder(
    parse_float=_Number, parse_constant=_refuse_constant, object_pairs_hook=_unique_keys
)


def cell_text(value: Any) -> str | None:
    """A JSON value as the text kept in ``raw``: strings and numbers as written, lists as JSON."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, _Number):
        return value.text
    return json.dumps(value, ensure_ascii=False, separators=(", ", ": "))


def read_json_lines(contract: Contract, delivery: Delivery, file: BinaryIO) -> LineStream:
    """Prepare the stream; names are compared while reading, as every line carries its own."""
    additions: list[str] = []
    return LineStream(
        (*contract.column_names, *(("_additions",) if contract.keeps_additions else ())),
        "\t",
        lambda: _batches(contract, delivery, utf8_blocks(delivery, file), additions),
        additions,
    )


def _batches(
    contract: Contract, delivery: Delivery, blocks: Iterator[bytes], additions: list[str]
) -> Iterator[list[Record]]:
    headers = tuple(contract.column_of_header)
    known = frozenset(headers)
    seen: set[str] = set()
    added: set[str] = set()
    number = 1
    for block in blocks:
        batch = []
        lines = block.decode().removesuffix("\n").split("\n")
        for n, line in enumerate(lines, number):
            raw = line.removesuffix("\r")
            if not raw.strip():
                continue
            record, fault = _parse(raw)
            if record is None:
                batch.append(Record(n, (), raw, fault))
                continue
            if not record.keys() <= seen:
                seen |= record.keys()
                new = sorted(record.keys() - known - added)
                if new and not contract.keeps_additions:
                    # A renamed key shows as one missing and one unknown.
                    check_columns(contract, delivery, sorted(record))
                if new:
                    added |= {*new}
                    additions += new
                    check_columns(contract, delivery, [*headers, *additions])
            misfit = next((c for c in contract.columns if _misfits(c, record.get(c.header))), None)
            if misfit is not None:
                reason = "unreadable_list" if misfit.type == "nested" else "unreadable_value"
                batch.append(Record(n, (), raw, reason, misfit.header))
                continue
            fields = [cell_text(record.get(header)) for header in headers]
            if contract.keeps_additions:
                fields.append(_added(record, known))
            batch.append(Record(n, fields, raw))
        number += len(lines)
        yield batch
    if seen and not seen >= known:
        # A key that stands in no line at all is a missing column, not a missing value.
        check_columns(contract, delivery, sorted(seen))


def _added(record: dict[str, Any], known: frozenset[str]) -> str | None:
    """What the contract does not name, as text, in an object of its own."""
    added = {name: cell_text(value) for name, value in record.items() if name not in known}
    return json.dumps(added, ensure_ascii=False) if added else None


def _misfits(column: Column, value: Any) -> bool:
    """A list column wants a list of objects, any other column a plain value."""
    if column.type == "nested" and value is not None:
        return not isinstance(value, list) or not all(isinstance(item, dict) for item in value)
    return isinstance(value, (list, dict))


def _parse(raw: str) -> tuple[dict[str, Any] | None, str]:
    """The object of a line, or the reason code why it is none."""
    if "\0" in raw:
        return None, "nul_character"
    try:
        record = _decoder.decode(raw.strip())
    except (ValueError, RecursionError):
        return None, "invalid_json"
    if not isinstance(record, dict):
        return None, "not_an_object"
    if not _is_shallow(record):
        return None, "invalid_json"
    if "\\u" in raw and not all(map(_is_storable, _texts(record))):
        return None, "invalid_character"
    return record, ""


def _is_shallow(value: Any, levels: int = DEEPEST) -> bool:
    """Nobody nests so deep but to exhaust whoever reads it."""
    if isinstance(value, dict):
        value = list(value.values())
    if not isinstance(value, list):
        return True
    return levels > 0 and all(_is_shallow(item, levels - 1) for item in value)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, dict):
        yield from value
        yield from _texts(list(value.values()))


def _is_storable(text: str) -> bool:
    """No NUL and no lone surrogate, which PostgreSQL text cannot hold."""
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)
