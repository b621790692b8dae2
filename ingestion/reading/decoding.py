"""Bytes to text, strictly: nothing is ever replaced silently."""

import codecs
from collections.abc import Iterator
from typing import BinaryIO

from ingestion.errors import DeliveryFault
from ingestion.inbox import Delivery
from ingestion.reading.stream import LINE_LIMIT

CHUNK_BYTES = 1 << 20


def text_blocks(delivery: Delivery, file: BinaryIO) -> Iterator[str]:
    """The file as text in blocks that end at a line end ('\\n'), except perhaps the last one.

    Raises DeliveryFault (``encoding``) where bytes are not valid in the stated encoding and
    (``line_too_long``) where no line end comes.
    """
    decoder = codecs.getincrementaldecoder(delivery.encoding)("strict")
    rest = ""
    is_first = True
    while True:
        data = file.read(CHUNK_BYTES)
        try:
            text = decoder.decode(data, final=not data)
        except UnicodeDecodeError:
            raise DeliveryFault(
                "encoding",
                f"{delivery.path.name}: is not valid {delivery.encoding}. "
                "Send it again in the agreed encoding. Nothing was loaded.",
            ) from None
        if is_first and text:
            text = text.removeprefix("\ufeff")  # a byte order mark is no part of the first name
            is_first = False
        cut = text.rfind("\n") + 1
        if cut:
            yield rest + text[:cut]
            rest = text[cut:]
        else:
            rest += text
        if len(rest) > LINE_LIMIT:
            raise DeliveryFault(
                "line_too_long",
                f"{delivery.path.name}: a line is longer than {LINE_LIMIT} characters. Nothing was loaded.",
            )
        if not data:
            break
    if rest:
        yield rest
