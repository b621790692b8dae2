"""One JSON array of objects, however it is broken into lines, by itself or within an object; its elements are
numbered from 1.

An element that is no JSON is told by its number, as long as its brackets close; an array that does not
end is a file that was cut. Of an object around it no other list of objects is left unread, unless the contract says so.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

from ingestion.bureau import shown
from ingestion.contract import Contract
from ingestion.errors import DeliveryFault
from ingestion.inbox import Delivery
from ingestion.reading.decoding import text_chunks
from ingestion.reading.json_objects import DECODER, NO_JSON, Objects
from ingestion.reading.stream import LINE_LIMIT, LineStream, Record

BATCH_ELEMENTS = 2000
BATCH_CHARACTERS = 1 << 21
_BLANKS = re.compile(r"[ \t\r\n]*")
# What opens and closes, strings as a whole; one that is not closed yet goes up to the end.
_MARK = re.compile(r'"(?:[^"\\]|\\.)*(")?|[][{},]', re.DOTALL)


def read_json_array(contract: Contract, delivery: Delivery, file: BinaryIO) -> LineStream:
    """Prepare the stream. Raises DeliveryFault while it is read."""
    objects = Objects(contract, delivery)
    array = _Array(contract, delivery, text_chunks(delivery, file))
    return objects.stream(lambda: _batches(objects, array.elements(contract.file.list_at)))


def _batches(objects: Objects, elements: Iterator[tuple[str, Any]]) -> Iterator[list[Record]]:
    batch: list[Record] = []
    characters = 0
    for number, (raw, value) in enumerate(elements, 1):
        batch.append(objects.record(number, raw, value))
        characters += len(raw)
        if len(batch) >= BATCH_ELEMENTS or characters >= BATCH_CHARACTERS:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch
    objects.check_seen()


def _at(value: Any, keys: Sequence[str]) -> Any:
    """What stands at keys within objects, null where nothing does."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _lists_of_objects(value: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Keys that lead to every list that is not empty and holds objects alone."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _lists_of_objects(inner, (*path, key))
    elif isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
        yield path


class _Array:
    """The elements of an array as it is read."""

    def __init__(self, contract: Contract, delivery: Delivery, chunks: Iterator[str]) -> None:
        self._contract = contract
        self._delivery = delivery
        self._chunks = chunks
        self._text = ""
        self._place = 0
        self._stated: Any = None  # at the keys of countAt

    def elements(self, keys: Sequence[str] = ()) -> Iterator[tuple[str, Any]]:
        """Text and value of every element. keys: that lead to the array, through an object each. Raises DeliveryFault
        where it is no array, or the file does not end as it began."""
        for depth, key in enumerate(keys, 1):
            if not self._goes_to(key, keys[: depth - 1]):
                raise self._refused(f"has nothing at {'.'.join(keys[:depth])}")
        count = 0
        for element in self._items():
            count += 1
            yield element
        for depth in range(len(keys), 0, -1):
            while (mark := self._next()) == ",":
                self._place += 1
                if (key := self._key()) == keys[depth - 1]:
                    raise self._refused(f"has {key} twice in one object")
                self._pass_over((*keys[: depth - 1], key))
            if mark != "}":
                raise self._refused("is cut" if not mark else "has something between two keys of its object")
            self._place += 1
        if self._next():
            raise self._refused("goes on after its end")
        self._check_count(count)

    def _check_count(self, count: int) -> None:
        at = ".".join(self._contract.file.count_at)
        if not at or (str(self._stated) == str(count) and not isinstance(self._stated, (bool, float))):
            return
        stated = self._stated if isinstance(self._stated, int) else "no whole number"
        raise DeliveryFault(
            "row_count",
            f"{self._delivery.file_name}: holds {count} elements, {at} says {stated}. It may be a page of several: "
            "send all of them as one file. Nothing was loaded.",
        )

    def _pass_over(self, path: tuple[str, ...]) -> None:
        """What stands beside the list. path: the keys that lead to it."""
        _, value = self._element()
        layout = self._contract.file
        if value is NO_JSON:
            raise self._refused("has something beside its list that is no JSON")
        stated = _at(value, layout.count_at[len(path) :]) if layout.count_at[: len(path)] == path else None
        self._stated = self._stated if stated is None else stated
        try:
            lists = [*_lists_of_objects(value, path)]
        except RecursionError:
            raise self._refused("has objects too deep within one another beside its list") from None
        ignored = {tuple(named.split(".")) for named in layout.ignored_lists}
        if further := [found for found in lists if found not in ignored]:
            raise DeliveryFault(
                "unread_list",
                f"{self._delivery.file_name}: has {len(further)} further list of objects beside "
                f"{'.'.join(layout.list_at)}, which nobody would read. Have it sent as a file of its own, or name it "
                f"in ignoredLists in {shown(self._contract.path)}. Nothing was loaded.",
            )

    def _goes_to(self, key: str, before: Sequence[str]) -> bool:
        """Up to the value of a key in the object that comes next; false where it has none, or there is no object.
        before: the keys that led there."""
        if self._next() != "{":
            return False
        mark = ","
        while mark == ",":
            self._place += 1
            if self._next() != '"':
                return False
            if (met := self._key()) == key:
                return True
            self._pass_over((*before, met))
            mark = self._next()
        return False

    def _key(self) -> str:
        """The next key of an object; its colon is taken too."""
        _, key = self._element()
        if self._next() != ":" or not isinstance(key, str):
            raise self._refused("is no JSON object")
        self._place += 1
        return key

    def _items(self) -> Iterator[tuple[str, Any]]:
        if self._next() != "[":
            raise self._refused("is not one JSON array")
        self._place += 1
        if self._next() == "]":
            self._place += 1
        else:
            yield self._element()
            while (mark := self._next()) == ",":
                self._place += 1
                yield self._element()
            if mark != "]":
                raise self._refused(
                    "is cut" if not mark else "has something between two elements of its array"
                )
            self._place += 1

    def _next(self) -> str:
        """The next character that is no blank, empty at the end of the file."""
        while True:
            blanks = _BLANKS.match(self._text, self._place)
            self._place = blanks.end() if blanks else self._place
            if self._place < len(self._text):
                return self._text[self._place]
            if not self._read():
                return ""

    def _read(self) -> bool:
        """More of the file behind what is not yet taken; false at its end."""
        chunk = next(self._chunks, None)
        if chunk is None:
            return False
        self._text = self._text[self._place :] + chunk
        self._place = 0
        return True

    def _element(self) -> tuple[str, Any]:
        self._next()
        while True:
            end: int | None
            try:
                value, end = DECODER.raw_decode(self._text, self._place)
            except (ValueError, RecursionError):
                value, end = NO_JSON, self._closing()
            # A number that ends with what was read may go on.
            if end is not None and (end < len(self._text) or not self._read()):
                raw = self._text[self._place : end].rstrip()
                self._place = end
                return raw, value
            if end is None:
                if len(self._text) - self._place > LINE_LIMIT:
                    raise DeliveryFault(
                        "line_too_long",
                        f"{self._delivery.file_name}: an element is longer than {LINE_LIMIT} characters. "
                        "Nothing was loaded.",
                    )
                if not self._read():
                    raise self._refused("is cut")

    def _closing(self) -> int | None:
        """Where the element ends by its brackets, null where it does not in what was read."""
        depth = 0
        for mark in _MARK.finditer(self._text, self._place):
            if mark[0][0] == '"':
                if mark[1] is None:
                    return None
            elif mark[0] in "[{":
                depth += 1
            else:
                if depth == 0:  # the comma or bracket after it
                    return mark.start()
                depth -= mark[0] != ","
                if depth == 0 and mark[0] != ",":
                    return mark.end()
        return None

    def _refused(self, problem: str) -> DeliveryFault:
        return DeliveryFault(
            "unreadable_file",
            f"{self._delivery.file_name}: {problem}. Send it again as one whole JSON array. Nothing was loaded.",
        )
