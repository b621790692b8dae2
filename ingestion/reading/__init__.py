"""Readers: one per file format, all giving the same stream to the landing."""

from typing import BinaryIO

from ingestion.contract import Contract
from ingestion.inbox import Delivery
from ingestion.layout import PARSED_APART
from ingestion.reading.delimited import read_delimited
from ingestion.reading.fixed_width import read_fixed_width
from ingestion.reading.json_array import read_json_array
from ingestion.reading.json_lines import read_json_lines
from ingestion.reading.stream import LineStream
from ingestion.reading.workbook import read_workbook


def read(contract: Contract, delivery: Delivery, file: BinaryIO, is_own: bool = False) -> LineStream:
    """Open a delivery's file for reading, in constant memory. Raises DeliveryFault.

    is_own: the program wrote it.

    The header has been checked when this returns; the lines come with ``stream.batches()``.
    """
    if contract.file.format == "fixed":
        return read_fixed_width(contract, delivery, file)
    if contract.file.format == "jsonl":
        return read_json_lines(contract, delivery, file)
    if contract.file.format == "json":
        return read_json_array(contract, delivery, file)
    if contract.file.format in PARSED_APART:
        return read_workbook(contract, delivery, file, is_own)
    return read_delimited(contract, delivery, file)
