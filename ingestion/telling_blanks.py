"""Columns whose blank says something: an end that is still to come, a version older than all that have a number.

There a value that cannot be read would say it too, and nobody would hear of it; so it rejects its line.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ingestion.binding import Binding

if TYPE_CHECKING:
    from ingestion.contract import Column

Fail = Callable[[str, str], Exception]


def with_telling_blanks(
    columns: Sequence["Column"], bindings: Sequence[Binding], order: Sequence[str], fail: Fail
) -> tuple["Column", ...]:
    """The columns, those whose blank tells something read strictly unless the contract says otherwise.

    order: names of the columns that tell versions apart. Raises what ``fail`` makes of one that keeps what cannot
    be read.
    """
    telling = {
        binding.source(part.column)
        for binding in bindings
        for described in binding.record.columns
        if described.blank and described.name in binding.values
        for part in binding.values[described.name].parts()
        if part.column
    }
    telling |= {(None, name) for name in order}

    def read(column: "Column", inside: str | None) -> "Column":
        items = tuple(read(item, column.name) for item in column.items)
        if (inside, column.name) not in telling or column.on_unknown is not None:
            return replace(column, items=items)
        return replace(column, items=items, on_unreadable="reject")

    for column in columns:
        if column.name in order and column.on_unknown == "keep":
            raise fail(
                f"schema.{column.name}",
                "whenUnreadable: keep would order a line by a number nobody can read. Write reject, or take the "
                "column out of order.",
            )
    return tuple(read(column, None) for column in columns)
