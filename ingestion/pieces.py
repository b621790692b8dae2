"""Pieces of texts that are read as days, months or amounts: 202601-202606, 300元/月. Landing judges each as it judges
a column of that type, since nobody else would say that one cannot be read."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ingestion.value import PIECES, Value, piece_type

if TYPE_CHECKING:
    from ingestion.binding import Binding
    from ingestion.contract import Column


@dataclass(frozen=True)
class Piece:
    """part: what `split` says of it; type: as what it is read. is_wanted: a text without it rejects its line, as a
    required column does; is_parted: so does one that has not so many parts, which would read as an empty piece."""

    part: tuple[tuple[str, Any], ...]
    type: str
    is_wanted: bool
    is_parted: bool


def with_pieces(columns: Sequence["Column"], bindings: Sequence["Binding"]) -> tuple["Column", ...]:
    """The columns with the pieces by which their lines are judged: those without which a record is none, or whose
    blank says something; with ``whenUnreadable: reject`` all that are read, with ``keep`` none."""
    strict: dict[tuple[str | None, str], dict[Piece, None]] = defaultdict(dict)
    others: dict[tuple[str | None, str], dict[Piece, None]] = defaultdict(dict)
    for binding in bindings:
        for described in binding.record.columns:
            if (value := binding.values.get(described.name)) is None:
                continue
            for part, kind, is_always in _pieces(value, described.type, not binding.where):
                at = binding.source(dict(part)["column"])
                is_telling = described.blank is not None
                is_wanted = is_always and described.is_required and not is_telling
                piece = Piece(part, kind, is_wanted, is_always)
                (strict if described.is_required or is_telling else others)[at][piece] = None

    def judged(column: "Column", inside: str | None) -> "Column":
        items = tuple(judged(item, column.name) for item in column.items)
        at = (inside, column.name)
        pieces = {} if column.on_unknown == "keep" else strict[at]
        if column.on_unknown == "reject":
            pieces = pieces | others[at]
        return replace(column, items=items, pieces=tuple(pieces))

    return tuple(judged(column, None) for column in columns)


def _pieces(value: Value, kind: str, is_always: bool) -> Iterator[tuple[Any, str, bool]]:
    """What `split` says, the type its piece is read as, and whether it is read of every line."""
    is_always = is_always and not value.where
    if value.function == "split" and not value.codes and kind in PIECES:
        yield value.arguments[0], kind, is_always
    is_choice = value.function == "first_of"
    for inner in value.arguments:
        if isinstance(inner, Value):
            yield from _pieces(
                inner, kind if is_choice else piece_type(value.function), is_always and not is_choice
            )
