"""Which numbers a column of a file may hold: those that the records it fills can do something with."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ingestion.binding import Binding
from ingestion.records import Range
from ingestion.value import UNITS

if TYPE_CHECKING:
    from ingestion.contract import Column


def with_ranges(columns: Sequence["Column"], bindings: Sequence[Binding]) -> tuple["Column", ...]:
    """The columns with the ranges of all columns of records that are read from them."""
    taken: dict[tuple[str | None, str], dict[tuple[Range, str | None], None]] = defaultdict(dict)
    for binding in bindings:
        for described in binding.record.columns:
            if described.range is None or described.name not in binding.values:
                continue
            for value in binding.values[described.name].parts():
                if value.column and not value.codes:
                    taken[binding.source(value.column)][described.range, described.unit] = None

    def ranged(column: "Column", inside: str | None) -> "Column":
        items = tuple(ranged(item, column.name) for item in column.items)
        ranges = taken[inside, column.name] if column.on_unknown != "keep" else {}
        factors = ((known, UNITS.get(unit or "", {}).get(column.unit or "", "1")) for known, unit in ranges)
        return replace(column, items=items, ranges=tuple(factors))

    return tuple(ranged(column, None) for column in columns)
