"""Canonical records: the kinds of record the warehouse understands, whoever sends them.

One file per kind in ``canonical/``. A contract binds the columns of a file to the columns of one or more
records (`ingestion.binding`); all that comes after reads records, never files.
"""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from ingestion.errors import ContractError
from ingestion.vocabulary import unknown_word
from ingestion.yaml_file import read_yaml

RECORD_FOLDER = Path(__file__).parent / "canonical"
# The codes of lists that several columns share, with the ways in which they are written.
CODE_LISTS = Path(__file__).parents[1] / "dbt_project" / "seeds" / "codes" / "code_value.csv"
RECORD_WORDS = (
    "record", "title", "description", "part_of", "mart", "asked_for", "key", "columns", "days", "persons",
)  # fmt: skip
ASKED_FOR = ("income", "property", "fact")
COLUMN_WORDS = (
    "name", "title", "type", "required", "numbered", "sensitivity", "unit", "minimum", "maximum", "whole", "codes",
    "list", "blank", "loses", "told_by", "known_in", "standard_of", "description",
)  # fmt: skip
PERSON_WORDS = (
    "role", "name", "id_number", "sex", "sex_value", "born_on", "phone", "account", "address", "case", "group",
)  # fmt: skip
# What the columns of a record hold in the views of `input`, by type.
POSTGRES_TYPES = {
    "text": "text", "code": "text", "identifier": "text", "account": "text", "division": "text",
    "id_number": "text", "name": "text", "date": "date", "end_date": "date", "month": "date",
    "instant": "timestamptz", "yuan": "numeric", "number": "numeric", "share": "numeric",
}  # fmt: skip


@dataclass(frozen=True)
class Range:
    """Numbers from minimum to maximum, both among them; whole ones only where is_whole."""

    minimum: Decimal
    maximum: Decimal
    is_whole: bool

    def holds(self, number: Decimal) -> bool:
        return self.minimum <= number <= self.maximum and not (self.is_whole and number % 1)

    def __str__(self) -> str:
        return f"{self.minimum} 至 {self.maximum}" + (" 的整数" if self.is_whole else "")


# What an amount and a share can be at all, whatever a contract works out: the columns of models hold no more.
RANGES_OF_TYPES = {
    "yuan": Range(Decimal("-999999999999.99"), Decimal("999999999999.99"), False),
    "share": Range(Decimal(0), Decimal(1), False),
}


@dataclass(frozen=True)
class RecordColumn:
    """One column of a record.

    type: one of POSTGRES_TYPES; id_number and name are handed on as sent, for whoever recognises people.
    is_required: every contract says where it comes from. is_numbered: a number a system gives out, which another
    may give out too. codes: all there are, empty where the list is open. blank: what an empty one says, null where
    it says nothing. range: numbers there can be, null where any; of one that days are counted or amounts divided by.
    loses: rules and figures that cannot speak where the column is not sent. told_by: the record that says the
    same where it is bound.
    known_in: columns of marts (``marts.table.column``) of which one should know the value. standard_of: of an
    amount, the column that says of which benefit; null where no standard bounds it.
    """

    name: str
    title: str
    type: str
    is_required: bool = False
    is_numbered: bool = False
    sensitivity: str = "none"
    unit: str | None = None
    range: Range | None = None
    codes: tuple[str, ...] = ()
    blank: str | None = None
    loses: tuple[str, ...] = ()
    told_by: str | None = None
    known_in: tuple[str, ...] = ()
    standard_of: str | None = None
    description: str = ""

    @property
    def bounds(self) -> Range | None:
        """Numbers it can hold, of whatever it is made; null where any."""
        return self.range or RANGES_OF_TYPES.get(self.type)


@dataclass(frozen=True)
class Person:
    """Somebody a record names, by the names of its columns.

    case, group: text with ``{column}`` in it, equal for mentions of one case, of people who belong together.
    """

    role: str
    name: str
    id_number: str
    case: str
    sex: str | None = None
    sex_value: str | None = None
    born_on: str | None = None
    phone: str | None = None
    account: str | None = None
    address: str | None = None
    group: str | None = None


@dataclass(frozen=True)
class CanonicalRecord:
    """A kind of record. part_of: the record whose line holds several of these, as a household its members.

    mart: where every record in force is found again, null where there need be none.
    asked_for: what verification asks it for (one of ASKED_FOR), null where it does not look into it.
    days: columns with a day on which a record changes though nothing is delivered.
    """

    name: str
    title: str
    description: str
    part_of: str | None
    mart: str | None
    asked_for: str | None
    key: tuple[str, ...]
    columns: tuple[RecordColumn, ...]
    days: tuple[str, ...]
    persons: tuple[Person, ...]

    @property
    def kind(self) -> str:
        """The name by which the warehouse knows where a line comes from: parts go by what they are part of."""
        return self.part_of or self.name

    @property
    def numbered_key(self) -> str | None:
        """The column of its key that is a number of the sender's."""
        return next((name for name in self.key if self.column(name).is_numbered), None)

    def column(self, name: str) -> RecordColumn:
        return next(column for column in self.columns if column.name == name)


@cache
def canonical_records() -> Mapping[str, CanonicalRecord]:
    """All records by name, in the order of their files; raises ContractError, naming file, place and fix."""
    records = {}
    for path in sorted(RECORD_FOLDER.glob("*.yml")):
        record = _record(path, read_yaml(path))
        records[record.name] = record
    return records


@cache
def codes_of_list(code_list: str) -> tuple[str, ...]:
    """The ways in which the codes of a shared list are written."""
    with CODE_LISTS.open(encoding="utf-8", newline="") as file:
        return tuple(row["source_value"] for row in csv.DictReader(file) if row["code_list"] == code_list)


def _record(path: Path, document: dict[str, Any]) -> CanonicalRecord:
    _check_words(path, document, RECORD_WORDS)
    columns = tuple(_column(path, item) for item in document["columns"])
    names = {column.name for column in columns}
    persons = []
    for item in document.get("persons") or []:
        _check_words(path, item, PERSON_WORDS)
        person = Person(**item)
        said = (
            person.name,
            person.id_number,
            person.sex,
            person.born_on,
            person.phone,
            person.account,
            person.address,
        )
        if strangers := {name for name in said if name is not None} - names:
            raise ContractError(f"{path.name}: persons.{person.role}: {', '.join(strangers)} is no column.")
        persons.append(person)
    if document.get("asked_for", "fact") not in ASKED_FOR:
        raise ContractError(f"{path.name}: asked_for: expected one of {', '.join(ASKED_FOR)}.")
    if document["record"] != path.stem:
        raise ContractError(f"{path.name}: record: expected {path.stem}, as the file is named.")
    return CanonicalRecord(
        name=document["record"],
        title=document["title"],
        description=document["description"],
        part_of=document.get("part_of"),
        mart=document.get("mart"),
        asked_for=document.get("asked_for"),
        key=tuple(document["key"]),
        columns=columns,
        days=tuple(document.get("days") or ()),
        persons=tuple(persons),
    )


def _column(path: Path, item: dict[str, Any]) -> RecordColumn:
    _check_words(path, item, COLUMN_WORDS)
    if item["type"] not in POSTGRES_TYPES or not re.fullmatch(r"[a-z][a-z0-9_]*", item["name"]):
        raise ContractError(f"{path.name}: {item['name']}: name or type is none.")
    codes = codes_of_list(item["list"]) if "list" in item else tuple(item.get("codes") or ())
    return RecordColumn(
        name=item["name"],
        title=item["title"],
        type=item["type"],
        is_required=item.get("required", False),
        is_numbered=item.get("numbered", False),
        sensitivity=item.get("sensitivity", "none"),
        unit=item.get("unit"),
        range=_range(path, item),
        codes=codes,
        blank=item.get("blank"),
        loses=tuple(item.get("loses") or ()),
        told_by=item.get("told_by"),
        known_in=tuple(item.get("known_in") or ()),
        standard_of=item.get("standard_of"),
        description=item.get("description", ""),
    )


def _range(path: Path, item: dict[str, Any]) -> Range | None:
    ends = [item[word] for word in ("minimum", "maximum") if word in item]
    if not ends and "whole" not in item:
        return None
    if item["type"] != "number" or len(ends) != 2:
        raise ContractError(f"{path.name}: {item['name']}: a number, and only one, has minimum and maximum.")
    minimum, maximum = (Decimal(str(end)) for end in ends)
    return Range(minimum, maximum, item.get("whole", False))


def _check_words(path: Path, found: dict[str, Any], known: tuple[str, ...]) -> None:
    if problem := unknown_word(found, known):
        raise ContractError(f"{path.name}: {problem}")
