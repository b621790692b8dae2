"""XLSX, parsed by `ingestion.workbook_parser` in a process of its own. The line number is the sheet's.

Cells become text: dates 'YYYY-MM-DD' (with the time where there is one), numbers as Excel
stores them ('4.20222193405271e+17' for a number that lost digits: never padded), empty cells
null. Rows without any cell value are no data.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, BinaryIO

from ingestion.contract import Contract
from ingestion.errors import DeliveryFault
from ingestion.inbox import Delivery
from ingestion.reading.stream import Batch, LineStream, Record, check_columns, table_stream

# Of the parser: address space in bytes, processor time in seconds. A full sheet of a million rows
# stays below; what does not is an attack or a mistake.
MEMORY_LIMIT = 1 << 30
TIME_LIMIT = 900
BATCH_ROWS = 2000
MODULE = ("-m", "ingestion.workbook_parser")
PROJECT_ROOT = Path(__file__).resolve().parents[2]


class WorkbookRefused(Exception):
    """The workbook as a whole cannot be taken. code: of the reason; problem: what is wrong, without values."""

    def __init__(self, code: str, problem: str) -> None:
        super().__init__(problem)
        self.code = code
        self.problem = problem


class ParserDied(Exception):
    """By its limits, or by what it read."""


def read_workbook(contract: Contract, delivery: Delivery, file: BinaryIO) -> LineStream:
    """Start the parser; check the package, the sheet and the header. Raises DeliveryFault."""
    messages = _messages(contract, delivery, file)
    header = next(messages, [])
    check_columns(contract, delivery, header)
    return table_stream(contract, header, "\t", lambda: _batches(messages, header))


def _messages(contract: Contract, delivery: Delivery, file: BinaryIO) -> Iterator[list[Any]]:
    """What the parser says, up to its end. Raises DeliveryFault where it refuses or dies."""
    with _with_descriptor(file) as workbook:
        workbook.seek(0)
        try:
            yield from parsed(workbook, contract.file.sheet or "", MEMORY_LIMIT, TIME_LIMIT)
        except WorkbookRefused as refused:
            raise _refused(contract, delivery, refused.code, refused.problem) from None
        except ParserDied:
            raise DeliveryFault(
                "unsafe_workbook",
                f"{delivery.path.name}: cannot be read within {MEMORY_LIMIT >> 20} MiB and {TIME_LIMIT} "
                "seconds. Send it as several smaller files or as CSV. Nothing was loaded.",
            ) from None


def parsed(workbook: BinaryIO, sheet: str, memory: int, seconds: int) -> Iterator[list[Any]]:
    """The header, then ``[row, texts, fault, place of the faulty cell]`` per row, from the parser's process.

    workbook: a file with a descriptor; memory in bytes, processor time in seconds. Raises
    WorkbookRefused, and ParserDied where the end does not come.
    """
    # Its words about errors could hold values of cells: they are thrown away.
    parser = subprocess.Popen(
        [sys.executable, *MODULE, sheet, str(memory), str(seconds)],
        stdin=workbook,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=PROJECT_ROOT,
    )
    try:
        for line in parser.stdout or ():
            message = json.loads(line) if line.endswith(b"\n") else None
            if isinstance(message, list):
                yield message
                continue
            if isinstance(message, dict):
                raise WorkbookRefused(message["refused"], message["problem"])
            if message == "end":
                return
        raise ParserDied
    finally:
        parser.kill()
        parser.communicate()


def _with_descriptor(file: BinaryIO) -> BinaryIO:
    """A file another process can read: the same, or a copy of what is only in memory."""
    try:
        return open(file.fileno(), "rb", closefd=False)
    except OSError:
        copy = TemporaryFile()  # noqa: SIM115 closed by the caller
        copy.write(file.read())
        copy.flush()
        return copy


def _refused(contract: Contract, delivery: Delivery, code: str, problem: str) -> DeliveryFault:
    advice = "" if code == "unsafe_workbook" else f"Ask {contract.owner} for a corrected file. "
    return DeliveryFault(code, f"{delivery.path.name}: {problem}. {advice}Nothing was loaded.")


def _batches(messages: Iterator[list[Any]], header: list[str]) -> Iterator[Batch]:
    batch: list[Record] = []
    for number, texts, fault, place in messages:
        raw = "\t".join(text or "" for text in texts).rstrip("\t")
        fields = texts if fault else [*texts, *([None] * len(header))][: len(header)]
        batch.append(Record(number, fields, raw, fault, None if place is None else header[place]))
        if len(batch) >= BATCH_ROWS:
            yield batch
            batch = []
    if batch:
        yield batch
