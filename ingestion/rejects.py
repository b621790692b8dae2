"""Lines that cannot be read, kept aside while their delivery is copied, then into ``ops.rejected_row``."""

from decimal import Decimal
from tempfile import SpooledTemporaryFile

import psycopg

from ingestion.inbox import Delivery
from ingestion.judge import Fault
from ingestion.reading.stream import NULL

# Beyond this the lines wait in a file without a name, which only this process can open (bytes).
KEPT_IN_MEMORY = 16 << 20
BLOCK_BYTES = 1 << 20
# Of COPY text, in this order. One after another: `translate` takes ten times as long over a Chinese line.
_ESCAPES = (("\\", "\\\\"), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t"), ("\0", "\ufffd"))


class Rejects:
    """The rejected lines of one delivery, as COPY text."""

    def __init__(self, delivery: Delivery) -> None:
        self.count = 0
        self._delivery_id = delivery.delivery_id
        self._lines = SpooledTemporaryFile(KEPT_IN_MEMORY)  # noqa: SIM115 closed by close()

    def add(
        self, line_number: int, fault: Fault, raw_line: str, yuan: Decimal | None, key_hash: int | None
    ) -> None:
        """yuan: amount in the control column. key_hash: of the business key, null where it cannot be read."""
        self.count += 1
        cells = (
            self._delivery_id,
            str(line_number),
            fault.reason_code,
            fault.column,
            raw_line,
            yuan,
            key_hash,
        )
        texts = [NULL if cell is None else _escaped(str(cell)) for cell in cells]
        self._lines.write(("\t".join(texts) + "\n").encode())

    def record(self, connection: psycopg.Connection) -> None:
        """Write them; the ledger row must be there already."""
        if not self.count:
            return
        self._lines.seek(0)
        statement = (
            "copy ops.rejected_row "
            "(delivery_id, line_number, reason_code, column_name, raw_line, amount_yuan, key_hash) "
            "from stdin (encoding 'UTF8')"
        )
        with connection.cursor() as cursor, cursor.copy(statement) as copy:
            while block := self._lines.read(BLOCK_BYTES):
                copy.write(block)

    def close(self) -> None:
        self._lines.close()


def _escaped(text: str) -> str:
    for character, escaped in _ESCAPES:
        text = text.replace(character, escaped)
    return text
