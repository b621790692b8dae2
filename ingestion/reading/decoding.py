"""Bytes to UTF-8, strictly: nothing is ever replaced silently."""

import codecs
from collections.abc import Iterator
from itertools import chain
from typing import BinaryIO

from ingestion.errors import DeliveryFault
from ingestion.inbox import Delivery
from ingestion.reading.stream import LINE_LIMIT

# A chunk is decoded within the processor's cache; a block is judged and sent as a whole, because
# its distinct values are.
CHUNK_BYTES = 1 << 18
BLOCK_BYTES = 1 << 21
BYTE_ORDER_MARK = "\ufeff".encode()
# The same mark in an encoding that says which byte of a character comes first.
MARKS = {"utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}


def utf8_blocks(delivery: Delivery, file: BinaryIO) -> Iterator[bytes]:
    """The file as UTF-8 in blocks that end at a line end ('\\n'), except perhaps the last one.

    In UTF-8 and GB18030 a line end is never a part of another character, so a block can be cut
    before it is decoded. Raises DeliveryFault (``encoding``) where bytes are not valid in the
    stated encoding and (``line_too_long``) where no line end comes.
    """
    decoded, size, rest = [], 0, b""
    is_first = True
    for data in _chunks(delivery, file):
        cut = data.rfind(b"\n") + 1
        if not cut:
            rest += data
            if len(rest) > LINE_LIMIT:
                raise DeliveryFault(
                    "line_too_long",
                    f"{delivery.file_name}: a line is longer than {LINE_LIMIT} bytes. Nothing was loaded.",
                )
            continue
        chunk = _utf8(delivery, rest + data[:cut])
        rest = data[cut:]
        decoded.append(chunk.removeprefix(BYTE_ORDER_MARK) if is_first else chunk)
        is_first = False
        size += len(chunk)
        if size >= BLOCK_BYTES:
            yield b"".join(decoded)
            decoded, size = [], 0
    if rest:
        chunk = _utf8(delivery, rest)
        decoded.append(chunk.removeprefix(BYTE_ORDER_MARK) if is_first else chunk)
    if decoded:
        yield b"".join(decoded)


def cut_lines(blocks: Iterator[bytes], count: int) -> tuple[list[bytes], Iterator[bytes]]:
    """The first lines without their ends, fewer where there are no more, and the blocks after them."""
    lines: list[bytes] = []
    while len(lines) < count and (block := next(blocks, None)) is not None:
        *cut, rest = block.split(b"\n", count - len(lines))
        if rest and len(lines) + len(cut) < count:  # the last line has no end
            cut, rest = [*cut, rest], b""
        lines += cut
        if rest:
            blocks = chain([rest], blocks)
    return [line.removesuffix(b"\r") for line in lines], blocks


def text_chunks(delivery: Delivery, file: BinaryIO) -> Iterator[str]:
    """The file as text, cut wherever it comes, without its byte order mark. Raises DeliveryFault (``encoding``)."""
    decoder = codecs.getincrementaldecoder(delivery.encoding)()
    is_first = True
    data = file.read(CHUNK_BYTES)
    if data and delivery.encoding == "utf-16" and data[:2] not in MARKS.values():
        raise DeliveryFault(  # which byte of a character comes first would be a guess
            "encoding",
            f"{delivery.file_name}: has no byte order mark. Write encoding: utf-16-le or utf-16-be into the contract, "
            "whichever the sender says. Nothing was loaded.",
        )
    if data[:2] in MARKS.values() and data[:2] != MARKS.get(delivery.encoding, data[:2]):
        raise _not_as_stated(delivery)
    while True:
        try:
            text = decoder.decode(data, not data)
        except UnicodeError:
            raise _not_as_stated(delivery) from None
        if text:
            yield text.removeprefix("\ufeff") if is_first else text
            is_first = False
        if not data:
            return
        data = file.read(CHUNK_BYTES)


def _chunks(delivery: Delivery, file: BinaryIO) -> Iterator[bytes]:
    """Bytes in the stated encoding, or, where a line end may be a part of another character, in UTF-8."""
    if delivery.encoding.startswith("utf-16"):
        yield from (text.encode() for text in text_chunks(delivery, file))
        return
    while data := file.read(CHUNK_BYTES):
        yield data


def _not_as_stated(delivery: Delivery) -> DeliveryFault:
    return DeliveryFault(
        "encoding",
        f"{delivery.file_name}: is not valid {delivery.encoding}. "
        "Send it again in the agreed encoding. Nothing was loaded.",
    )


def _utf8(delivery: Delivery, data: bytes) -> bytes:
    try:
        if delivery.encoding == "gb18030":
            return data.decode("gb18030").encode()
        data.decode()
    except UnicodeError:
        raise _not_as_stated(delivery) from None
    return data
