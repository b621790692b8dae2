"""Values that Spark's SQL has no type for, as PostgreSQL writes them: jsonb, the text of a row, periods.

A jsonb value is a struct with the one field ``TEXT`` in Spark, so that it is told from a text: its content is the
very text PostgreSQL gives, keys and numbers in its order and with its digits, so digests of it are the same.
Needs neither Spark nor a database.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from functools import cmp_to_key
from typing import Any
from uuid import UUID

TEXT = "jsonb"  # name of the field that holds the text


def canonical(text: str | None, keeps_nulls: bool = True) -> str | None:
    """JSON that may hold jsonb values of ours as the text PostgreSQL gives of it. keeps_nulls: whether keys
    without a value stay."""
    return None if text is None else _written(_read(text, keeps_nulls))


def without_nulls(text: str | None) -> str | None:
    return canonical(text, keeps_nulls=False)


def listed(text: str | None) -> str | None:
    """The values of an object as a list: how Spark hands over items of several types."""
    return None if text is None else _written(list(_read(text).values()))


def flattened(text: str | None) -> str:
    """One list of what stands up to three lists deep: each once, sorted as PostgreSQL sorts jsonb, no nulls."""
    # A filter of a path unwraps once more than the path says.
    items = [] if text is None else list(_within(json.loads(text, parse_float=Decimal), 4))
    distinct: list[Any] = []
    for item in sorted((item for item in items if item is not None), key=cmp_to_key(_compared)):
        if not distinct or _compared(distinct[-1], item):
            distinct.append(item)
    return _written(distinct)


def part(text: str | None, key: str) -> str | None:
    """What stands at a key or place, as jsonb; null where nothing does."""
    found = _found(text, key)
    return None if found is MISSING else _written(found)


def part_as_text(text: str | None, key: str) -> str | None:
    found = _found(text, key)
    if found is MISSING or found is None:
        return None
    return found if isinstance(found, str) else _written(found)


def without(text: str | None, key: str) -> str | None:
    if text is None:
        return None
    return _written({name: value for name, value in _read(text).items() if name != key})


def distinct_texts(text: str | None, key: str) -> str | None:
    """The values of one key over a list of objects, each once, sorted, with commas between."""
    if text is None:
        return None
    values = {part_as_text(_written(item), key) for item in json.loads(text, parse_float=Decimal)}
    told = sorted((value for value in values if value is not None), key=str.encode)
    return ",".join(told) if told else None


def items(text: str | None) -> list[tuple[str]]:
    """The items of a list, each as a struct."""
    return [] if text is None else [(_written(item),) for item in _read(text)]


def rank(text: str | None) -> str | None:
    """A text that sorts as PostgreSQL sorts lists of texts and numbers (orders of versions)."""
    if text is None:
        return None
    values = _read(text)
    return f"{len(values):04d}" + "".join(map(_ranked, values))


def uuid_text(digest: str | None) -> str | None:
    return None if digest is None else str(UUID(digest))


def row_text(text: str) -> str:
    """``row(...)::text`` of the values of an object."""
    return "(" + ",".join(map(_field, _read(text).values())) + ")"


def spans_left(
    whole: tuple[date | None, date | None], taken: Sequence[tuple[date | None, date | None]] | None
) -> list[tuple[date | None, date | None]]:
    """What is left of a half-open period where others are taken out; an open end is null. Empty ones take nothing."""
    first, last = whole[0] or date.min, whole[1] or date.max
    left = []
    for start, end in sorted((start or date.min, end or date.max) for start, end in taken or ()):
        if start >= end:
            continue
        if start > first:
            left.append((first, min(start, last)))
        first = max(first, end)
    left.append((first, last))
    return [
        (None if start == date.min else start, None if end == date.max else end)
        for start, end in left
        if start < end
    ]


class _Missing:
    pass


MISSING = _Missing()


def _read(text: str, keeps_nulls: bool = True) -> Any:
    def unwrapped(pairs: list[tuple[str, Any]]) -> Any:
        if len(pairs) == 1 and pairs[0][0] == TEXT:
            return _read(pairs[0][1], keeps_nulls) if pairs[0][1] is not None else None
        return {key: value for key, value in pairs if keeps_nulls or value is not None}

    return json.loads(text, parse_float=Decimal, object_pairs_hook=unwrapped)


def _written(value: Any) -> str:
    if isinstance(value, dict):
        pairs = sorted(value.items(), key=lambda pair: _key_order(pair[0]))
        return "{" + ", ".join(f"{_written(key)}: {_written(held)}" for key, held in pairs) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_written, value)) + "]"
    if isinstance(value, Decimal):
        return format(value, "f")
    return json.dumps(value, ensure_ascii=False)


def _key_order(key: str) -> tuple[int, bytes]:
    return len(key.encode()), key.encode()


def _found(text: str | None, key: str) -> Any:
    held = _read(text) if text is not None else None
    if isinstance(held, list):
        return held[int(key)] if key.isdigit() and int(key) < len(held) else MISSING
    return held.get(key, MISSING) if isinstance(held, dict) else MISSING


def _within(value: Any, depth: int) -> Iterator[Any]:
    if depth == 0:
        yield value
        return
    for item in value if isinstance(value, list) else [value]:
        yield from _within(item, depth - 1)


def _kind(value: Any) -> int:
    """Null, text, number, truth, list, object: the order of kinds."""
    if value is None:
        return 0
    return (
        3
        if isinstance(value, bool)
        else 1
        if isinstance(value, str)
        else 2
        if isinstance(value, (int, Decimal))
        else 4
    ) + isinstance(value, dict)


def _compared(one: Any, other: Any) -> int:
    if _kind(one) != _kind(other):
        return _sign(_kind(one), _kind(other))
    if isinstance(one, str):
        return _sign(one.encode(), other.encode())
    if isinstance(one, (list, dict)):
        if len(one) != len(other):
            return _sign(len(one), len(other))
        return next(filter(None, map(_compared, _parts(one), _parts(other))), 0)
    return 0 if one is None else _sign(one, other)


def _parts(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    return [item for pair in sorted(value.items(), key=lambda pair: _key_order(pair[0])) for item in pair]


def _sign(one: Any, other: Any) -> int:
    return (one > other) - (one < other)


def _ranked(value: Any) -> str:
    if isinstance(value, str):
        return "1" + value + "\0"
    number = Decimal(value)
    shifted = number + 10**20 if number < 0 else number
    return f"2{int(number >= 0)}{shifted:040.10f}"


def _field(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "t" if value else "f"
    told = value if isinstance(value, str) else _written(value)
    if told and not any(character in '(),"\\' or character.isspace() for character in told):
        return told
    return '"' + told.replace("\\", "\\\\").replace('"', '""') + '"'
