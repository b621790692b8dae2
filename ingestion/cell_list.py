"""Several things in one cell of a table: ``张三/配偶/4202…；李四/子/4202…``.

A list (logicalType array) whose items stand between marks, and their parts in an order, as the contract says with
``itemsBy`` and ``partsBy``.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from psycopg import sql

from ingestion.blanks import BLANKS

# Regular expressions of Python and PostgreSQL mean the same within brackets, but for these.
_OF_BRACKETS = re.compile(r"([\\\]\[^-])")
# The same signs on both sides: what is blank to PostgreSQL differs from Python's own word.
_BLANK = BLANKS + "\r\n\v\f\u2007\u202f"
Fail = Callable[[str, str], Exception]


@dataclass(frozen=True)
class CellList:
    """items_by, parts_by: characters, each of which stands between two items, or two parts of one; parts_by is empty
    where an item is one text. parts: how many an item has."""

    items_by: str
    parts_by: str
    parts: int

    def items(self, text: str) -> Iterator[list[str]]:
        """The parts of every item that is not blank."""
        for item in re.split(_any_of(self.items_by), text):
            if item.strip(_BLANK):
                yield re.split(_any_of(self.parts_by), item) if self.parts_by else [item]

    def as_json(self, text: sql.Composable) -> sql.Composed:
        """The same in the database, as a JSON array of arrays; null where there is none."""
        item = (
            sql.SQL("regexp_split_to_array(piece, {})").format(sql.Literal(_any_of(self.parts_by)))
            if self.parts_by
            else sql.SQL("array[piece]")
        )
        return sql.SQL(
            "(select jsonb_agg(to_jsonb({}) order by n) from regexp_split_to_table({}, {}) with ordinality "
            "as cut (piece, n) where btrim(piece, {}) <> '')"
        ).format(item, text, sql.Literal(_any_of(self.items_by)), sql.Literal(_BLANK))


def cell_list(items_by: object, parts_by: object, headers: list[str], place: str, fail: Fail) -> CellList:
    """headers: of its columns, the number of the part each is. Raises what ``fail`` makes of the problem."""
    for word, marks in (("itemsBy", items_by), ("partsBy", parts_by)):
        if (marks is not None and not (isinstance(marks, str) and marks)) or (
            word == "itemsBy" and marks is None
        ):
            raise fail(
                place, f"{word}: expected the characters between two of them, in quotes, such as '；;'."
            )
    if not all(re.fullmatch(r"[1-9][0-9]?", header) for header in headers):
        raise fail(
            place, "physicalName: expected the number of the part, from '1': the list stands in one cell."
        )
    parts = max(map(int, headers))
    if parts > 1 and parts_by is None:
        raise fail(place, "partsBy: expected what stands between two parts of an item, such as '/'.")
    return CellList(str(items_by), str(parts_by or ""), parts)


def place_of(header: str) -> str:
    """Of a part in its array, which counts from 0."""
    return str(int(header) - 1)


def _any_of(characters: str) -> str:
    escaped = _OF_BRACKETS.sub(r"\\\1", characters)
    return f"[{escaped}]"
