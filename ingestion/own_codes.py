"""Which codes of its own a sender may use, column by column: those its contract names.

They stand in ``enum`` of a column, or ``codes`` turns them into those of a record. A code that is in no list would
choose no line, one that nothing turns into another would say nothing, and nobody would hear of it.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

from ingestion.binding import Binding
from ingestion.value import Value, Where
from ingestion.vocabulary import unknown_word

if TYPE_CHECKING:
    from ingestion.contract import Column, Operation

Fail = Callable[[str, str], Exception]
# The list a column stands in, null for the line itself, and its name.
Place = tuple[str | None, str]
Columns = Mapping[Place, "Column"]
Codes = Mapping[Place, set[str]]


def with_own_codes(
    columns: Sequence["Column"], bindings: Sequence[Binding], operation: "Operation | None", fail: Fail
) -> tuple["Column", ...]:
    """The columns with all codes there may be. Raises what ``fail`` makes of a code that is none of them."""
    described: dict[Place, Column] = {(None, column.name): column for column in columns}
    described |= {(column.name, item.name): item for column in columns for item in column.items}
    mapped, chosen, taken = _mapped(bindings), _chosen(bindings, operation), _taken(bindings)
    of_parts = _of_parts(bindings)
    for binding in bindings:
        _check(binding, described, mapped, operation, fail)
    if operation is not None:
        _check_listed("operation", described[None, operation.column], operation.letters, (), fail)

    def known(column: "Column", inside: str | None) -> "Column":
        place = (inside, column.name)
        items = tuple(known(item, column.name) for item in column.items)
        if column.on_unknown == "keep":
            return replace(column, items=items)
        listed = mapped[place] | (set() if column.codes else taken[place])
        codes = listed | chosen[place] if listed - {""} else set()
        if codes or column.on_unknown == "reject":
            codes = codes | set(column.codes)
        return replace(column, items=items, own_codes=frozenset(codes - {""}), codes_of_parts=of_parts[place])

    return tuple(known(column, None) for column in columns)


def _mapped(bindings: Sequence[Binding]) -> Codes:
    """Own codes of whole columns that are turned into those of a record."""
    found: dict[Place, set[str]] = defaultdict(set)
    for binding in bindings:
        for value, _ in _coded(binding):
            if value.column:
                found[binding.source(value.column)].update(value.codes)
    return found


def _taken(bindings: Sequence[Binding]) -> Codes:
    """Codes of records with a list of their own, which a column without one holds as they are."""
    found: dict[Place, set[str]] = defaultdict(set)
    for binding, value, codes in _uncoded(bindings):
        if value.column:
            found[binding.source(value.column)].update(codes)
    return found


def _of_parts(bindings: Sequence[Binding]) -> Mapping[Place, Mapping[tuple[object, ...], frozenset[str]]]:
    """Both of parts of columns, by what `split` says of the part."""
    found: dict[Place, dict[tuple[object, ...], frozenset[str]]] = defaultdict(dict)
    coded = ((binding, value, value.codes) for binding in bindings for value, _ in _coded(binding))
    for binding, value, codes in chain(coded, _uncoded(bindings)):
        if value.function == "split":
            (part,) = value.arguments
            of_it = found[binding.source(dict(part)["column"])]
            of_it[part] = of_it.get(part, frozenset()) | frozenset(codes)
    return found


def _uncoded(bindings: Sequence[Binding]) -> Iterator[tuple[Binding, Value, tuple[str, ...]]]:
    """Values taken as they are into columns that have a list of codes, with that list."""
    for binding in bindings:
        for column in binding.record.columns:
            for value in binding.values[column.name].parts() if column.name in binding.values else ():
                if column.codes and not value.codes:
                    yield binding, value, tuple(column.codes)


def _chosen(bindings: Sequence[Binding], operation: "Operation | None") -> Codes:
    """Own codes that choose lines, or say what they do."""
    found: dict[Place, set[str]] = defaultdict(set)
    for binding in bindings:
        for where in _conditions(binding):
            found[binding.source(where.column)].update(where.codes)
    if operation is not None:
        found[None, operation.column].update(operation.letters)
    return found


def _check(
    binding: Binding, described: Columns, mapped: Codes, operation: "Operation | None", fail: Fail
) -> None:
    place = f"records.{binding.record.name}"
    for value, conditions in _coded(binding):
        if value.column:
            at = binding.source(value.column)
            _check_listed(f"{place}.codes", described[at], value.codes, (), fail)
            of_it = [where for where in conditions if binding.source(where.column) == at]
            _check_complete(f"{place}.codes", described[at], value, of_it, operation, fail)
    for where in _conditions(binding):
        at = binding.source(where.column)
        letters = operation.letters if operation is not None and at == (None, operation.column) else ()
        # What a condition leaves out need not be turned into anything.
        others = () if where.is_not or not mapped[at] else (*mapped[at], *letters)
        _check_listed(f"{place}.where", described[at], where.codes, others, fail)


def _check_listed(
    place: str, column: "Column", codes: Iterable[str], mapped: Collection[str], fail: Fail
) -> None:
    """Codes that something is said of stand in ``enum``; where there is none, among those that are mapped."""
    known = column.codes or mapped
    if known and (
        problem := unknown_word((code for code in codes if code), known, f"code of {column.header}")
    ):
        raise fail(f"customProperties.{place}", problem)


def _check_complete(
    place: str,
    column: "Column",
    value: Value,
    conditions: Sequence[Where],
    operation: "Operation | None",
    fail: Fail,
) -> None:
    """All codes of ``enum`` that lines of the record can have are mapped, or said to mean nothing (null)."""
    if column.on_unknown == "keep":
        return
    revoking = operation.revoke if operation is not None and operation.column == column.name else ()
    for code in column.codes:
        if (
            code not in value.codes
            and code not in revoking
            and all(where.takes(code) for where in conditions)
        ):
            raise fail(
                f"customProperties.{place}",
                f"{code} of {column.header} becomes no code of the record: map it, to null where it means nothing.",
            )


def _coded(binding: Binding) -> Iterator[tuple[Value, tuple[Where, ...]]]:
    """Values whose codes are turned into others, with the conditions under which they are read."""

    def within(value: Value, conditions: tuple[Where, ...]) -> Iterator[tuple[Value, tuple[Where, ...]]]:
        conditions = (*conditions, *value.where)
        if value.codes:
            yield value, conditions
        for argument in value.arguments:
            if isinstance(argument, Value):
                yield from within(argument, conditions)

    return chain.from_iterable(within(value, binding.where) for value in binding.values.values())


def _conditions(binding: Binding) -> Iterator[Where]:
    yield from binding.where
    for value in binding.values.values():
        for part in value.parts():
            yield from part.where
