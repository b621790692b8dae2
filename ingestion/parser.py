"""A process that parses workbooks and Parquet files apart from the program, each in a copy of its own under limits.

It waits at the socket that is its standard input. Each message there is a request in JSON with two open files, the
workbook and a pipe; for each a copy of the waiting process is forked, which reads the one and writes JSON lines into
the other: the names of the columns, then ``[row, texts, fault, place of the faulty cell]`` per row that is not empty,
or ``[row of the first, bytes]`` and after it so many bytes, the lines of several rows, then ``"end"``.
``{"refused": code, "problem": words}`` stands for any of them and ends the output. Whoever reads it knows by a missing
end that the parser died. No workbook can touch the next. What reads a format is imported when the first of them comes,
once for all its copies.
"""

import json
import os
import resource
import signal
import socket
from collections.abc import Iterator
from importlib import import_module
from typing import Any, BinaryIO, TypedDict

REQUEST_BYTES = 1 << 16
WORKBOOK, PARQUET = "ingestion.workbook_parser", "ingestion.parquet_table"


class Request(TypedDict):
    """form: of the file; sheet: its name, or its place from 1; header_line: of the sheet, 0: none; header_lines: how
    many name the columns, up to it; names: of the columns where none does; date_columns: headers of columns that
    hold days.

    memory: address space in bytes; seconds: of processor time; row_bytes, total_bytes: of one
    message and of all.
    """

    form: str
    sheet: str | int
    header_line: int
    header_lines: int
    names: list[str]
    date_columns: list[str]
    memory: int
    seconds: int
    row_bytes: int
    total_bytes: int


class Refused(Exception):
    """The workbook as a whole cannot be taken: reason code and what is wrong, without values."""


def main() -> None:
    """Fork a parser per request, until the other end is closed."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the pipe tells of their end
    requests = socket.socket(fileno=0)
    while True:
        message, files, _, _ = socket.recv_fds(requests, REQUEST_BYTES, 2)
        if not message:
            return
        request = json.loads(message)
        import_module(_reader(request))
        if os.fork() == 0:
            requests.close()
            try:
                _serve(request, *files)
            finally:
                os._exit(0)
        for file in files:
            os.close(file)


def _reader(request: Request) -> str:
    return PARQUET if request["form"] == "parquet" else WORKBOOK


def _serve(request: Request, workbook: int, output: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (request["memory"], request["memory"]))
    resource.setrlimit(resource.RLIMIT_CPU, (request["seconds"], request["seconds"]))
    with open(workbook, "rb") as file, open(output, "wb") as pipe:
        try:
            total = 0
            for message in _messages(file, request):
                for part in _parts(message):
                    total += len(part)
                    if len(part) > request["row_bytes"] or total > request["total_bytes"]:
                        raise Refused(
                            "unsafe_workbook", "holds more text than is read of one row or one file"
                        )
                    pipe.write(part)
            pipe.write(_line("end"))
        except Refused as refused:
            code, problem = refused.args
            pipe.write(_line({"refused": code, "problem": problem}))


def _messages(file: BinaryIO, request: Request) -> Iterator[list[Any]]:
    reader = import_module(_reader(request))
    try:
        yield from reader.messages(file, request)
    except ValueError:
        raise Refused("unreadable_file", f"is no readable file of the format {request['form']}") from None


def _parts(message: list[Any]) -> Iterator[bytes]:
    if message and isinstance(message[-1], bytes):
        number, lines = message
        yield _line([number, len(lines)])
        yield lines
    else:
        yield _line(message)


def _line(message: object) -> bytes:
    return json.dumps(message, ensure_ascii=False).encode() + b"\n"
