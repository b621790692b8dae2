"""Bytes to UTF-8, strictly: nothing is ever replaced silently."""

from collections.abc import Iterator
from typing import BinaryIO

from ingestion.errors import DeliveryFault
from ingestion.inbox import Delivery
from ingestion.reading.stream import LINE_LIMIT

CHUNK_BYTES = 1 << 20
BYTE_ORDER_MARK = "\ufeff".encode()


def utf8_blocks(delivery: Delivery, file: BinaryIO) -> Iterator[bytes]:
    """The file as UTF-8 in blocks that end at a line end ('\\n'), except perhaps the last one.

    In all encodings taken a line end is never a part of another character, so a block can be cut
    before it is decoded. Raises DeliveryFault (``encoding``) where bytes are not valid in the
    stated encoding and (``line_too_long``) where no line end comes.
    """
    rest = b""
    is_first = True
    while data := file.read(CHUNK_BYTES):
        cut = data.rfind(b"\n") + 1
        if cut:
            block = _utf8(delivery, rest + data[:cut])
            rest = data[cut:]
            yield block.removeprefix(BYTE_ORDER_MARK) if is_first else block
            is_first = False
        else:
            rest += data
        if len(rest) > LINE_LIMIT:
            raise DeliveryFault(
                "line_too_long",
                f"{delivery.path.name}: a line is longer than {LINE_LIMIT} bytes. Nothing was loaded.",
            )
    if rest:
        block = _utf8(delivery, rest)
        yield block.removeprefix(BYTE_ORDER_MARK) if is_first else block


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
