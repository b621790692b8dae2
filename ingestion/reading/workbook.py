"""Workbooks and Parquet, parsed by `ingestion.parser` apart from the program. The line number is
the sheet's; rows of Parquet count from 1.

Cells become text: dates 'YYYY-MM-DD' (with the time where there is one), numbers as Excel
stores them ('4.20222193405271e+17' for a number that lost digits: never padded), empty cells
null. Rows without any cell value are no data.
"""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, BinaryIO

from ingestion.contract import Contract
from ingestion.errors import DeliveryFault
from ingestion.inbox import Delivery
from ingestion.layout import FileLayout
from ingestion.reading.stream import (
    LINE_LIMIT,
    NULL,
    Batch,
    LineStream,
    PlainLines,
    Record,
    check_columns,
    table_stream,
)
from ingestion.reading.totals import without_totals

DELIMITER = "\t"
BATCH_ROWS = 2000
BATCH_CHARACTERS = 1 << 22
DAY_TYPES = ("date", "end_date", "month", "instant", "zoned_instant")
PROGRAM = ("-c", "from ingestion.parser import main; main()")
PROJECT_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Limits:
    """Of one workbook: address space in bytes, seconds of processor time, bytes of text in a row and in all.

    A full sheet of a million rows stays below; what does not is an attack or a mistake. The parser
    keeps them, and whoever reads it counts again what it says.
    """

    memory: int = 1 << 30
    seconds: int = 900
    row_bytes: int = LINE_LIMIT
    total_bytes: int = 1 << 30


LIMITS = Limits()


class WorkbookRefused(Exception):
    """The workbook as a whole cannot be taken. code: of the reason; problem: what is wrong, without values."""

    def __init__(self, code: str, problem: str) -> None:
        super().__init__(problem)
        self.code = code
        self.problem = problem


class ParserDied(Exception):
    """By its limits, or by what it read."""


class _Parser:
    """A process that waits for workbooks, each of which it hands to a copy of itself."""

    def __init__(self) -> None:
        self._requests, theirs = socket.socketpair()
        with theirs:
            # Its words about errors could hold values of cells: they are thrown away. It leads a
            # group of processes, so that all copies end with it.
            self._process = subprocess.Popen(
                [sys.executable, *PROGRAM], stdin=theirs.fileno(), stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, cwd=PROJECT_ROOT, start_new_session=True,
            )  # fmt: skip

    def ask(self, workbook: BinaryIO, request: dict[str, Any]) -> BinaryIO:
        """The lines of its answer. Raises ConnectionError where it is gone."""
        answer, theirs = os.pipe()
        try:
            socket.send_fds(self._requests, [json.dumps(request).encode()], [workbook.fileno(), theirs])
        except OSError:
            os.close(answer)
            raise
        finally:
            os.close(theirs)
        return os.fdopen(answer, "rb")

    def stop(self) -> None:
        self._requests.close()
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


# The parser that waits for the next workbook, at most one; null where none is kept.
_waiting: ContextVar[list[_Parser] | None] = ContextVar("waiting parser", default=None)


@contextmanager
def one_parser() -> Iterator[None]:
    """Workbooks read inside share a parser, started for the first and stopped at the end."""
    waiting: list[_Parser] = []
    token = _waiting.set(waiting)
    try:
        yield
    finally:
        _waiting.reset(token)
        for parser in waiting:
            parser.stop()


def read_workbook(contract: Contract, delivery: Delivery, file: BinaryIO, is_own: bool = False) -> LineStream:
    """Start the parser; check the package, the sheet and the header. Raises DeliveryFault.

    is_own: Parquet that the program wrote when it fetched the rows: it is read here, for nobody can have made it to
    harm who reads it.
    """
    is_read_here = is_own and contract.file.format == "parquet"
    messages = (
        _own_messages(contract, delivery, file) if is_read_here else _messages(contract, delivery, file)
    )
    header = next(messages, [])
    check_columns(contract, delivery, header)
    return table_stream(
        contract,
        header,
        DELIMITER,
        lambda passed_over: without_totals(
            contract, delivery, header, passed_over, _batches(contract, delivery, messages, header)
        ),
    )


def _messages(contract: Contract, delivery: Delivery, file: BinaryIO) -> Iterator[list[Any]]:
    """What the parser says, up to its end. Raises DeliveryFault where it refuses or dies."""
    days = [column.header for column in contract.columns if column.type in DAY_TYPES]
    with _with_descriptor(file) as workbook:
        workbook.seek(0)
        try:
            yield from parsed(workbook, contract.file, LIMITS, days, list(contract.column_of_header))
        except WorkbookRefused as refused:
            raise _refused(contract, delivery, refused.code, refused.problem) from None
        except ParserDied:
            raise DeliveryFault(
                "unsafe_workbook",
                f"{delivery.file_name}: cannot be read within {LIMITS.memory >> 20} MiB and {LIMITS.seconds} "
                "seconds. Send it as several smaller files or as CSV. Nothing was loaded.",
            ) from None


def _own_messages(contract: Contract, delivery: Delivery, file: BinaryIO) -> Iterator[list[Any]]:
    from ingestion.parquet_table import messages  # a third of a second, for who has one

    try:
        yield from messages(file)
    except ValueError:
        raise _refused(contract, delivery, "unreadable_file", "is no readable Parquet file") from None


def parsed(
    workbook: BinaryIO,
    layout: FileLayout,
    limits: Limits,
    date_columns: Sequence[str] = (),
    names: Sequence[str] = (),
) -> Iterator[list[Any]]:
    """The header, then ``[row, texts, fault, place of the faulty cell]`` per row, from the parser; of Parquet also
    ``[row of the first, lines]``, in bytes.

    workbook: a file with a descriptor; date_columns: headers of columns that hold days; names: of the
    columns where the layout has no header. Raises
    WorkbookRefused, and ParserDied where the end does not come. A parser that has not come to its
    end is not used again.
    """
    waiting = _waiting.get()
    parser = waiting.pop() if waiting else _Parser()
    is_at_end = False
    try:
        request = {
            "form": layout.format, "sheet": layout.sheet, "header_line": layout.header_line,
            "header_lines": layout.header_lines,
            "names": [*names], "date_columns": [*date_columns], **vars(limits),
        }  # fmt: skip
        try:
            answer = parser.ask(workbook, request)
        except ConnectionError:  # it died while it waited, of no fault of this workbook
            parser.stop()
            parser = _Parser()
            answer = parser.ask(workbook, request)
        with answer:
            for message in _counted(answer, limits):
                if isinstance(message, list):
                    yield message
                    continue
                is_at_end = True
                if isinstance(message, dict):
                    raise WorkbookRefused(message["refused"], message["problem"])
                return
        raise ParserDied
    finally:
        if is_at_end and waiting is not None and not waiting:
            waiting.append(parser)
        else:
            parser.stop()


def _counted(answer: BinaryIO, limits: Limits) -> Iterator[Any]:
    """Whole messages, never more of them than the limits allow."""
    total = 0

    def count(size: int) -> None:
        nonlocal total
        total += size
        if size > limits.row_bytes or total > limits.total_bytes:
            raise WorkbookRefused("unsafe_workbook", "holds more text than is read of one row or one file")

    while line := answer.readline(limits.row_bytes + 1):
        count(len(line))
        try:
            message = json.loads(line)
        except (ValueError, RecursionError):  # died in the middle of it
            return
        match message:
            case [number, int(size)]:
                count(size)
                lines = answer.read(max(size, 0))
                if len(lines) != size:
                    return
                yield [number, lines]
            case _:
                yield message


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
    return DeliveryFault(code, f"{delivery.file_name}: {problem}. {advice}Nothing was loaded.")


def _batches(
    contract: Contract, delivery: Delivery, messages: Iterator[list[Any]], header: list[str]
) -> Iterator[Batch]:
    batch: list[Record] = []
    characters = 0
    for number, told, *faulty in messages:
        if not faulty:
            if batch:
                yield batch
            batch, characters = [], 0
            plain = _plain(number, told, len(header))
            if plain is None:
                raise _refused(contract, delivery, "unreadable_file", "its rows cannot be told apart")
            yield plain
            continue
        texts, (fault, place) = told, faulty
        raw = "\t".join(text or "" for text in texts)
        fields = texts if fault else [*texts, *([None] * len(header))][: len(header)]
        batch.append(Record(number, fields, raw, fault, None if place is None else header[place]))
        characters += len(raw)
        if len(batch) >= BATCH_ROWS or characters >= BATCH_CHARACTERS:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch


def _plain(number: int, lines: bytes, width: int) -> PlainLines | None:
    """What the parser says is plain; none where it is not: nothing else may reach the database as it is."""
    try:
        lines.decode()
    except UnicodeDecodeError:
        return None
    is_special = b"\r" in lines or b"\0" in lines
    plain = None if is_special else PlainLines.of(number, lines, DELIMITER, width)
    return plain.with_nulls() if plain is not None else None


def rows_of(number: int, lines: bytes) -> Iterator[tuple[int, list[str | None]]]:
    """The rows of plain lines, each with its number; number: of the first."""
    for at, line in enumerate(lines.decode().split("\n")[:-1], number):
        yield at, [None if text == NULL else text for text in line.split(DELIMITER)]
