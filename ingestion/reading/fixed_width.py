"""Lines of fixed width: every field at its place, counted in bytes of the file's encoding or in characters.

A rare character has four bytes in GB18030, so a line counted in bytes is cut before it is decoded. A
line of another length is no line of the file: nobody could tell where its fields stand.
"""

from collections.abc import Iterator
from typing import BinaryIO

from ingestion.blanks import BLANKS
from ingestion.bureau import shown
from ingestion.contract import Column, Contract
from ingestion.errors import DeliveryFault
from ingestion.inbox import Delivery
from ingestion.reading.decoding import cut_lines, utf8_blocks
from ingestion.reading.people import could_be_data
from ingestion.reading.stream import Batch, LineStream, Record, table_stream
from ingestion.reading.totals import without_totals


def read_fixed_width(contract: Contract, delivery: Delivery, file: BinaryIO) -> LineStream:
    """Prepare the stream; there are no names to compare. Raises DeliveryFault."""
    first = contract.file.header_line
    header = list(contract.column_of_header)
    head, blocks = cut_lines(utf8_blocks(delivery, file), first)
    for number, line in enumerate(head, 1):
        record = _record(contract, delivery, number, line.decode())
        if record.fault is None and could_be_data(contract, header, record):
            raise DeliveryFault(
                "header_is_data",
                f"{delivery.file_name}: line {number} is passed over by headerLine: {first}, and is one of the data "
                f"by its fields: the file came without its header, or has none. Send it again, or correct "
                f"headerLine in {shown(contract.path)}. Nothing was loaded.",
            )
    return table_stream(
        contract,
        header,
        "\t",
        lambda passed_over: without_totals(
            contract, delivery, header, passed_over, _batches(contract, delivery, blocks, first + 1)
        ),
    )


def _batches(contract: Contract, delivery: Delivery, blocks: Iterator[bytes], number: int) -> Iterator[Batch]:
    for block in blocks:
        lines = block.decode().removesuffix("\n").split("\n")
        ended = (line.removesuffix("\r") for line in lines)
        yield [_record(contract, delivery, n, line) for n, line in enumerate(ended, number) if line.strip()]
        number += len(lines)


def _record(contract: Contract, delivery: Delivery, number: int, line: str) -> Record:
    layout = contract.file
    if "\0" in line:
        return Record(number, (), line, "nul_character")
    encoding = delivery.encoding.removesuffix("-sig")
    written = line.encode(encoding) if layout.width_unit == "bytes" else line
    if layout.line_length is None:
        is_whole = len(written.rstrip()) <= max(
            column.position.end for column in contract.columns if column.position
        )
    else:
        is_whole = len(written) == layout.line_length
    if not is_whole:
        return Record(number, (), line, "line_length")
    fields = []
    for column in contract.columns:
        try:
            fields.append(_field(column, encoding, written))
        except UnicodeDecodeError:
            return Record(number, (), line, "misplaced_field", column.header)
    return Record(number, fields, line)


def field_at(contract: Contract, header: str, line: str) -> str:
    """What stands at the place of a column in a line as it was read, whatever its length."""
    encoding = contract.file.encoding.removesuffix("-sig")
    written = line.encode(encoding, errors="replace") if contract.file.width_unit == "bytes" else line
    try:
        return _field(contract.column_of_header[header], encoding, written)
    except UnicodeDecodeError:
        return ""


def _field(column: Column, encoding: str, written: str | bytes) -> str:
    """Raises UnicodeDecodeError where it begins or ends within a character."""
    if column.position is None:
        raise ValueError(f"{column.name} has no position")  # the contract does not load
    piece = written[column.position.slice]
    return (piece if isinstance(piece, str) else piece.decode(encoding)).strip(BLANKS)
