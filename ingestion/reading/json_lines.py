"""JSON Lines: one object a line, the first line being number 1."""

from collections.abc import Iterator
from typing import BinaryIO

from ingestion.contract import Contract
from ingestion.inbox import Delivery
from ingestion.reading.decoding import utf8_blocks
from ingestion.reading.json_objects import Objects, parsed
from ingestion.reading.stream import LineStream, Record


def read_json_lines(contract: Contract, delivery: Delivery, file: BinaryIO) -> LineStream:
    """Prepare the stream. Raises DeliveryFault while it is read."""
    objects = Objects(contract, delivery)
    return objects.stream(lambda: _batches(objects, utf8_blocks(delivery, file)))


def _batches(objects: Objects, blocks: Iterator[bytes]) -> Iterator[list[Record]]:
    number = 1
    for block in blocks:
        lines = block.decode().removesuffix("\n").split("\n")
        ended = (line.removesuffix("\r") for line in lines)
        yield [objects.record(n, raw, parsed(raw)) for n, raw in enumerate(ended, number) if raw.strip()]
        number += len(lines)
    objects.check_seen()
