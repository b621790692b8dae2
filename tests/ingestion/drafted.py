"""How much of a draft is right, column by column: a contract somebody wrote says what each column of a file is."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg

from ingestion.contract import Contract
from ingestion.drafting.draft import draft
from ingestion.drafting.match import OPERATION, UPDATED_AT, VERSION, Guess
from ingestion.drafting.values import Column
from ingestion.drafting.write import Draft
from ingestion.value import Value

OF_ORDER = "order"


@dataclass(frozen=True)
class Score:
    """Columns of a contract, and those the draft got wrong: header, what it took it for, what it is."""

    columns: int
    wrong: list[tuple[str, str, str]]
    record: str

    @property
    def right(self) -> int:
        return self.columns - len(self.wrong)


def score(connection: psycopg.Connection, contract: Contract, files: list[Path]) -> Score:
    found, *_ = draft(connection, files)
    wrong = []
    truths = dict(truth(contract))
    for (list_header, place), wanted in truths.items():
        guess, column = guessed(found, list_header, place)
        took = targets(found, guess, column, list_header)
        if not (took & wanted if wanted else not took):
            wrong.append((str(place), "/".join(sorted(took)) or "-", "/".join(sorted(wanted)) or "-"))
    return Score(len(truths), wrong, found.matched.records[0].record.name)


def truth(contract: Contract) -> Iterator[tuple[tuple[str | None, object], set[str]]]:
    """List and header (or position) of each column, and the columns of records it is read for: none where it is
    not used."""
    lines: dict[tuple[str | None, str], set[str]] = {}
    for binding in contract.bindings:
        items = {item.name for item in contract.column(binding.each).items} if binding.each else set()
        for name, value in binding.values.items():
            for read in columns_of(value):
                inside = binding.each if read in items else None
                lines.setdefault((inside, read.removeprefix("line.")), set()).add(
                    f"{binding.record.name}.{name}"
                )
    if contract.operation:
        lines.setdefault((None, contract.operation.column), set()).add(OPERATION)
    for name in contract.order:
        lines.setdefault((None, name), set()).add(OF_ORDER)
    is_nameless = not contract.file.header_line and contract.file.format in ("csv", "txt")
    for number, column in enumerate(contract.columns, 1):
        if not column.items:
            place: object = (
                (column.position.start, column.position.length) if column.position else column.header
            )
            place = f"第{number}列" if is_nameless else place
            yield (None, place), lines.get((None, column.name), set())
        for item in column.items:
            yield (column.header, item.header), lines.get((column.name, item.name), set())


def columns_of(value: Value) -> Iterator[str]:
    for argument in value.arguments:
        if isinstance(argument, Value):
            yield from columns_of(argument)
        elif value.function == "column":
            yield argument
        elif value.function == "split":
            yield dict(argument)["column"]
        elif value.function == "join" and isinstance(argument, tuple):
            yield from argument


def guessed(found: Draft, list_header: str | None, place: object) -> tuple[Guess | None, Column | None]:
    if list_header is not None:
        each = next((c for c in found.columns if c.header == list_header and c.is_list), None)
        column = next((c for c in each.items if c.header == place), None) if each else None
        return (found.matched.target_of(column, each) if column and each else None), column
    for column in found.columns:
        if place in (column.position, column.header):
            return found.matched.target_of(column), column
    return None, None


def targets(found: Draft, guess: Guess | None, column: Column | None, list_header: str | None) -> set[str]:
    if guess is None or column is None:
        return set()
    for match in found.matched.records:
        header = match.each.header if match.each else None
        if header == list_header and match.guesses.get(guess.target) is guess:
            return {f"{match.record.name}.{guess.target}"}
    if guess.target in (UPDATED_AT, VERSION):
        return {OF_ORDER}
    return {OPERATION} if guess.target == OPERATION else set()
