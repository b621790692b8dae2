"""Bytes to UTF-8, strictly: nothing is ever replaced silently."""

from collections.abc import Iterator
from typing import BinaryIO

from ingestion.errors import DeliveryFault
from ingestion.inbox import Delivery
from ingestion.reading.stream import LINE_LIMIT

# A chunk is decoded within the processor's cache; a block is judged and sent as a whole, because
# its distinct values are.
CHUNK_BYTES = 1 << 18
BLOCK_BYTES = 1 << 21
BYTE_ORDER_MARK = "\ufeff".encode()


def utf8_blocks(delivery: Delivery, file: BinaryIO) -> Iterator[bytes]:
    """The file as UTF-8 in blocks that end at a line end ('\\n'), except perhaps the last one.

    In all encodings taken a line end is never a part of another character, so a block can be cut
    before it is decoded. Raises DeliveryFault (``encoding``) where bytes are not valid in the
    stated encoding and (``line_too_long``) where no line end comes.
    """
    decoded, size, rest = [], 0, b""
    is_first = True
    while data := file.read(CHUNK_BYTES):
        cut = data.rfind(b"\n") + 1
        if not cut:
            rest += data
            if len(rest) > LINE_LIMIT:
                raise DeliveryFault(
                    "line_too_long",
                    f"{delivery.path.name}: a line is longer than {LINE_LIMIT} bytes. Nothing was loaded.",
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


def _utf8(delivery: Delivery, data: bytes) -> bytes:
    try:
        if delivery.encoding == "gb18030":
            return data.decode("gb18030").encode()
        data.decode()
    except UnicodeError:
        raise DeliveryFault(
            "encoding",
            f"{delivery.path.name}: is not valid {delivery.encoding}. "
            "Send it again in the agreed encoding. Nothing was loaded.",
        ) from None
    return data
