"""JSON objects as lines: values by their paths, nested lists as JSON text, names compared while reading,
as every object carries its own."""

import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from ingestion.contract import Column, Contract
from ingestion.inbox import Delivery
from ingestion.reading.stream import Batch, LineStream, Record, check_columns

# In place of a value, of a text that has none.
NO_JSON = object()
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


DECODER = json.JSONDecoder(
    parse_float=_Number, parse_constant=_refuse_constant, object_pairs_hook=_unique_keys
)


def cell_text(value: Any) -> str | None:
    """A JSON value as the text kept in ``raw``: strings and numbers as written, lists as JSON."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, _Number):
        return value.text
    return json.dumps(value, ensure_ascii=False, separators=(", ", ": "))


class _Names:
    """The names met in the objects of one place so far: the lines, or the items of one of their lists.

    inside: the column with the list, null for the lines. additions: grows by names beyond the contract.
    """

    def __init__(
        self, contract: Contract, delivery: Delivery, additions: list[str], inside: Column | None = None
    ) -> None:
        self.headers = tuple(
            column.header for column in (contract.columns if inside is None else inside.items)
        )
        self.known = frozenset(self.headers)
        self._needed = self.known if inside is None else frozenset(_needed_in(contract, inside))
        self._folders = folders(self.headers)
        self._contract = contract
        self._delivery = delivery
        self._inside = inside
        self._all_additions = additions
        self._additions: list[str] = []
        self._seen: set[str] = set()

    def of(self, value: dict[str, Any]) -> dict[str, Any]:
        """What an object says, by path. Raises DeliveryFault where its names are not the contract's."""
        found = _by_path(value, self._folders) if self._folders else value
        if not found.keys() <= self._seen:
            self._note(found)
        return found

    def check_seen(self) -> None:
        """At the end: a key that stands in no object at all is a missing column, not a missing value,
        unless the contract says otherwise. Raises DeliveryFault."""
        if self._seen and not self._seen >= self._needed and not self._contract.file.allows_absent_keys:
            self._check(sorted(self._seen | (self.known - self._needed)))

    def _check(self, names: list[str]) -> None:
        check_columns(self._contract, self._delivery, names, self._inside)

    def _note(self, found: dict[str, Any]) -> None:
        self._seen |= found.keys()
        new = sorted(found.keys() - self.known - {*self._additions})
        if not new:
            return
        if not self._contract.keeps_additions:
            # A renamed key shows as one missing and one unknown.
            may_lack = self._contract.file.allows_absent_keys
            self._check([*(self.headers if may_lack else sorted(found.keys() & self.known)), *new])
        self._additions += new
        self._all_additions += (
            new if self._inside is None else [f"{self._inside.header}[].{name}" for name in new]
        )
        self._check([*self.headers, *self._additions])


def _needed_in(contract: Contract, inside: Column) -> Iterator[str]:
    """The keys of a list's items without which no record is known: of few items some may all lack another."""
    read = {
        name
        for binding in contract.bindings
        for column in binding.record.columns
        if column.is_required and column.name in binding.values
        for place, name in [binding.source(binding.values[column.name].column or "")]
        if place == inside.name
    }
    return (item.header for item in inside.items if item.required or item.name in read)


class Objects:
    """The objects of one delivery, and the names met in them so far.

    additions: of names beyond the contract; their values stand in ``_additions``, and in the list where they were met.
    """

    def __init__(self, contract: Contract, delivery: Delivery) -> None:
        self.additions: list[str] = []
        self._contract = contract
        self._names = _Names(contract, delivery, self.additions)
        self._names_inside = {
            column.header: _Names(contract, delivery, self.additions, column)
            for column in contract.columns
            if column.items
        }

    def stream(self, batches: Callable[[], Iterator[Batch]]) -> LineStream:
        """batches: of records that this object made."""
        contract = self._contract
        columns = (*contract.column_names, *(("_additions",) if contract.keeps_additions else ()))
        return LineStream(columns, "\t", batches, self.additions)

    def record(self, number: int, raw: str, value: Any) -> Record:
        """Of a value as the decoder gave it. Raises DeliveryFault where its names are not the contract's."""
        fault = _fault(raw, value)
        if fault is not None:
            return Record(number, (), raw, fault)
        found = self._names.of(value)
        misfit = next((c for c in self._contract.columns if _misfits(c, found.get(c.header))), None)
        if misfit is not None:
            reason = "unreadable_list" if misfit.type == "nested" else "unreadable_value"
            return Record(number, (), raw, reason, misfit.header)
        for header, names in self._names_inside.items():
            for item in found.get(header) or ():
                names.of(item)
        fields = [cell_text(found.get(header)) for header in self._names.headers]
        if self._contract.keeps_additions:
            fields.append(_added(found, self._names.known))
        return Record(number, fields, raw)

    def check_seen(self) -> None:
        """At the end of the delivery. Raises DeliveryFault where a name of the contract was met nowhere."""
        for names in (self._names, *self._names_inside.values()):
            names.check_seen()


def folders(headers: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Paths of the objects that hold other paths, and which."""
    found: dict[str, tuple[str, ...]] = {}
    for header in headers:
        for place, character in enumerate(header):
            if character == ".":
                found[header[:place]] = (*found.get(header[:place], ()), header)
    return found


def value_at(record: dict[str, Any], path: str) -> Any:
    """What stands at a path into objects, null where nothing does."""
    return _by_path(record, folders([path])).get(path)


def _by_path(record: dict[str, Any], inside: Mapping[str, Sequence[str]], stem: str = "") -> dict[str, Any]:
    """inside: the paths that stand in an object. One that is left empty leaves all of them empty."""
    found: dict[str, Any] = {}
    for key, value in record.items():
        path = stem + key
        if path not in inside:
            found[path] = value
        elif isinstance(value, dict):
            found |= _by_path(value, inside, f"{path}.")
        elif value is None or value == "":
            found |= dict.fromkeys(inside[path])
        else:
            found |= {below: [value] for below in inside[path]}  # no object: it fits no column
    return found


def parsed(raw: str) -> Any:
    """The value of a text, NO_JSON where it is none."""
    try:
        return DECODER.decode(raw.strip())
    except (ValueError, RecursionError):
        return NO_JSON


def _fault(raw: str, value: Any) -> str | None:
    """Reason code of what is no object that can be stored."""
    if "\0" in raw:
        return "nul_character"
    if value is NO_JSON:
        return "invalid_json"
    if not isinstance(value, dict):
        return "not_an_object"
    if not _is_shallow(value):
        return "invalid_json"
    if "\\u" in raw and not all(map(_is_storable, _texts(value))):
        return "invalid_character"
    return None


def _added(record: dict[str, Any], known: frozenset[str]) -> str | None:
    """What the contract does not name, as text, in an object of its own."""
    added = {name: cell_text(value) for name, value in record.items() if name not in known}
    return json.dumps(added, ensure_ascii=False) if added else None


def _misfits(column: Column, value: Any) -> bool:
    """A list column wants a list of objects, any other column a plain value."""
    if column.type == "nested" and value is not None:
        return not isinstance(value, list) or not all(isinstance(item, dict) for item in value)
    return isinstance(value, (list, dict))


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
