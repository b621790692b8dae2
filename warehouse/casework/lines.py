"""The lines behind a finding as they can be shown: by source, what was received beside what it was read as."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cache
from itertools import groupby
from typing import Any

import psycopg

from ingestion.contract import Contract
from ingestion.records import CanonicalRecord, RecordColumn, canonical_records
from warehouse.seeds import code_titles, seed

MASKED = "select api_v1.desk_finding_lines(%s, %s)"
NAMED = "select api_v1.desk_finding_lines_named(%s, %s)"
YES_NO = {"true": "是", "false": "否"}
# Columns of records whose codes are said in words, and the list that has the words.
CODE_LISTS = {
    "sex_code": "sex", "benefit_code": "benefit", "aid_type_code": "benefit", "standard_code": "standard",
}  # fmt: skip


@dataclass(frozen=True)
class Place:
    """A line. is_in_full: all whom it names may be named. has_further: it brought columns no contract describes,
    which are not shown. is_there: false where the line can be read no more."""

    delivery_id: str
    line_number: int
    business_date: str
    is_household: bool
    is_in_full: bool
    has_further: bool
    is_there: bool


@dataclass(frozen=True)
class Cell:
    """read: empty where it reads as it was received."""

    received: str = ""
    read: str = ""


@dataclass(frozen=True)
class Source:
    """Lines of one feed beside each other. groups: of a title ('' for the columns of the file, else the record that
    is read from the line) rows with the Chinese title of a column and a cell for each place; empty: titles of
    columns that none of the lines fills."""

    feed: str
    title: str
    owner: str
    places: list[Place]
    groups: list[tuple[str, list[tuple[str, list[Cell]]]]]
    empty: list[str]


@dataclass(frozen=True)
class Contact:
    """Somebody of the household, as its own line has it. phone: empty where none was sent."""

    case_no: str
    name: str
    relation: str
    phone: str


@dataclass(frozen=True)
class FindingLines:
    """line_count: of all lines there are, of which the latest are shown."""

    line_count: int
    sources: list[Source]
    contacts: list[Contact]

    @property
    def shown_count(self) -> int:
        return sum(len(source.places) for source in self.sources)


def finding_lines(
    connection: psycopg.Connection,
    finding_id: str,
    purpose: str,
    contracts: Mapping[str, Contract],
    *,
    is_named: bool = False,
) -> FindingLines | None:
    """None of a finding of other divisions. is_named: people of the login's own divisions in full, which is a
    reading of its own in the log."""
    row = connection.execute(NAMED if is_named else MASKED, [finding_id, purpose]).fetchone()
    if row is None or row[0] is None:
        return None
    by_feed = groupby(row[0]["lines"], lambda line: line["feed"])
    told = {feed: list(lines) for feed, lines in by_feed}
    sources = [_source(feed, lines, contracts.get(feed)) for feed, lines in told.items()]
    return FindingLines(
        row[0]["line_count"],
        # What the finding rests on comes first, then whom it is about.
        sorted(sources, key=lambda source: all(place.is_household for place in source.places)),
        [contact for lines in told.values() for line in lines for contact in _contacts(line)],
    )


def contacts_of(connection: psycopg.Connection, finding_id: str, purpose: str) -> list[Contact]:
    """Whom of the household to call, in full; a reading of its own in the log, as `finding_lines` in full is."""
    row = connection.execute(NAMED, [finding_id, purpose]).fetchone()
    told = row[0] if row and row[0] else {"lines": []}
    return [contact for line in told["lines"] for contact in _contacts(line)]


def lines_as_told(connection: psycopg.Connection, finding_id: str, purpose: str) -> dict[str, Any] | None:
    """As the database tells them, masked (``api_v1.desk_finding_lines``)."""
    row = connection.execute(MASKED, [finding_id, purpose]).fetchone()
    return row[0] if row else None


def _source(feed: str, lines: list[dict[str, Any]], contract: Contract | None) -> Source:
    columns = [dict(_cells(line, contract)) for line in lines]
    names = list(dict.fromkeys(name for cells in columns for name in cells))
    rows = [(name, [cells.get(name, Cell()) for cells in columns]) for name in names]
    filled = [(name, cells) for name, cells in rows if any(cell != Cell() for cell in cells)]
    return Source(
        feed,
        contract.title if contract else feed,
        contract.owner if contract else "",
        [_place(line) for line in lines],
        [
            (group, [(title, cells) for (_, title), cells in those])
            for group, those in groupby(filled, lambda row: row[0][0])
        ],
        [title for (group, title), cells in rows if not group and all(cell == Cell() for cell in cells)],
    )


def _place(line: Mapping[str, Any]) -> Place:
    kept = ("delivery_id", "line_number", "business_date", "is_household", "is_in_full", "has_further")
    return Place(**{name: line[name] for name in kept}, is_there=line["received"] is not None)


def _cells(line: Mapping[str, Any], contract: Contract | None) -> Iterator[tuple[tuple[str, str], Cell]]:
    """By group and title: columns in the order of the contract, then what records say besides."""
    received: dict[str, str | None] = line["received"] or {}
    if contract is None:
        yield from ((("", name), Cell(value or "")) for name, value in received.items())
        return
    contract = contract.on(date.fromisoformat(line["business_date"]))
    beside = _beside(contract)
    read = [
        (canonical_records()[entry["record"]], place, entry["values"] or {})
        for record, entries in groupby(line["read"], lambda entry: entry["record"])
        for place, entry in enumerate(entries, start=1)
    ]
    values = {(record.name, name): value for record, _, told in read for name, value in told.items()}
    for column in contract.columns:
        if column.name not in received:
            continue
        sent = received[column.name] or ""
        readings = [
            _shown(values.get((record, known.name)), known) for record, known in beside.get(column.name, ())
        ]
        beside_it = "；".join(dict.fromkeys(reading for reading in readings if reading))
        yield ("", column.title), Cell(sent, "" if _is_same(sent, beside_it) else beside_it)
    whole = {(record, known.name) for told in beside.values() for record, known in told}
    for record, place, told in read:
        number = f" {place}" if _is_listed(contract, record) else ""
        for known in record.columns:
            # A part repeats the key of its whole.
            is_told = (record.name, known.name) in whole or (record.part_of, known.name) in whole
            if not is_told and told.get(known.name):
                yield (record.title + number, known.title), Cell("", _shown(told[known.name], known))


def _beside(contract: Contract) -> dict[str, list[tuple[str, RecordColumn]]]:
    """By column of a file, the columns of records that are read from it as it is, where a line is one such record."""
    found: dict[str, list[tuple[str, RecordColumn]]] = {}
    for binding in contract.bindings:
        if not _is_listed(contract, binding.record):
            for known in binding.record.columns:
                value = binding.values.get(known.name)
                if value is not None and value.column is not None:
                    found.setdefault(binding.source(value.column)[1], []).append((binding.record.name, known))
    return found


def _is_listed(contract: Contract, record: CanonicalRecord) -> bool:
    """Whether a line may hold several of them."""
    bindings = [binding for binding in contract.bindings if binding.record == record]
    return len(bindings) > 1 or any(binding.each is not None for binding in bindings)


def _shown(value: str | None, column: RecordColumn) -> str:
    if value is None:
        return ""
    if column.type == "month":
        return value[:7]
    return _titles(column.name).get(value) or YES_NO.get(value, value)


@cache
def _titles(column: str) -> dict[str, str]:
    """Chinese title by code of a column of records; empty where its values are words or in no list of ours."""
    if column == "relation_code":
        return {row["relation_code"]: row["title_zh"] for row in seed("codes/kinship")}
    return code_titles("codes/code_value", CODE_LISTS[column]) if column in CODE_LISTS else {}


def _is_same(sent: str, read: str) -> bool:
    """Whether what was read says what was sent, noughts at the end of an amount aside."""
    try:
        return Decimal(sent) == Decimal(read)
    except InvalidOperation:
        return sent == read


def _contacts(line: Mapping[str, Any]) -> Iterator[Contact]:
    """Whom a line of the household names by telephone."""
    whole: dict[str, str] = {}
    for entry in line["read"] if line["is_household"] else ():
        record, told = canonical_records()[entry["record"]], entry["values"] or {}
        whole |= {name: value for name, value in told.items() if value}
        for person in record.persons:
            if person.phone is not None:
                yield Contact(
                    whole.get("aid_household_no", ""),
                    told.get(person.name) or "",
                    told.get("relation") or "",
                    told.get(person.phone) or "",
                )
