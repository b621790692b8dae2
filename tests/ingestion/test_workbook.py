"""What a workbook can hold beside plain cells, and what becomes of it. The parser is another process."""

import os
import tracemalloc
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO

import openpyxl
import psycopg
import pytest
from hand_made_workbook import sheet_data, text, typed, workbook
from openpyxl.worksheet.worksheet import Worksheet
from small_inbox import CONTRACTS, DAY, Land, SmallInbox, line

from ingestion import landing
from ingestion.cleaning import READABLE_BY
from ingestion.errors import DeliveryFault
from ingestion.inbox import discover
from ingestion.reading import workbook as reading
from ingestion.reading.workbook import Limits, ParserDied, WorkbookRefused, parsed
from ingestion.workbook_parser import MAX_ROWS, _is_within

FEED = "cremation"
SHEET = CONTRACTS[FEED].file.sheet or ""
Change = Callable[[openpyxl.Workbook, Worksheet], object]


def deliver(inbox: SmallInbox, rows: int, change: Change | None = None, states: dict | None = None) -> Path:
    """A workbook of so many lines, changed and then described by its manifest."""
    lines = [line(FEED, number) for number in range(1, rows + 1)]
    path = inbox.add(FEED, lines)
    if change is not None:
        book = openpyxl.load_workbook(path)
        change(book, book[SHEET])
        book.save(path)
    return inbox.add(FEED, lines, content=path.read_bytes(), states=states)


def test_hidden_rows_and_columns_are_data(inbox: SmallInbox, land: Land) -> None:
    def hide(_: openpyxl.Workbook, sheet: Worksheet) -> None:
        sheet.row_dimensions[3].hidden = True
        sheet.column_dimensions["B"].hidden = True

    deliver(inbox, 3, hide)
    assert land()[0].landed_count == 3


def test_merged_cells_are_rejected_with_all_their_lines(
    inbox: SmallInbox, land: Land, db: psycopg.Connection
) -> None:
    deliver(inbox, 4, lambda _, sheet: sheet.merge_cells("B3:B4"))
    (result,) = land()
    assert (result.landed_count, result.rejected_count) == (2, 2)
    assert db.execute("select line_number, reason_code from ops.rejected_row order by 1").fetchall() == [
        (3, "merged_cell"), (4, "merged_cell")
    ]  # fmt: skip


@pytest.mark.parametrize("where", ["C1:D1", "A1:A2"])
def test_merged_header_refuses_the_file(inbox: SmallInbox, land: Land, where: str) -> None:
    deliver(inbox, 2, lambda _, sheet: sheet.merge_cells(where))
    (result,) = land()
    assert (result.reason_code, "header cells are merged" in (result.reason or "")) == ("merged_header", True)


def test_a_further_sheet_is_a_note(inbox: SmallInbox, land: Land) -> None:
    deliver(inbox, 2, lambda book, _: book.create_sheet("说明").append(["填表说明", "本表按月报送"]))
    assert land()[0].landed_count == 2


def test_a_further_sheet_with_the_same_header_is_not_overlooked(inbox: SmallInbox, land: Land) -> None:
    def continued(book: openpyxl.Workbook, sheet: Worksheet) -> None:
        book.copy_worksheet(sheet).title = "火化登记（续）"

    deliver(inbox, 2, continued)
    assert land()[0].reason_code == "several_sheets"


def test_a_workbook_larger_than_any_is_refused_before_it_is_copied(inbox: SmallInbox, land: Land) -> None:
    path = deliver(inbox, 1)
    os.truncate(path, landing.LARGEST_WORKBOOK + 1)
    (result,) = land()
    assert (result.outcome, result.reason_code) == ("rejected", "too_large")


def test_a_workbook_that_grows_is_copied_no_further_than_a_workbook_may_be(
    inbox: SmallInbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(inbox, 1)
    (delivery,) = discover(inbox.root, CONTRACTS).deliveries
    monkeypatch.setattr(landing, "LARGEST_WORKBOOK", 1 << 20)
    with open("/dev/zero", "rb") as endless, TemporaryFile() as copy:
        with pytest.raises(DeliveryFault) as caught:
            landing._copy_workbook(endless, copy, delivery)
        assert caught.value.reason_code == "too_large"
        assert copy.tell() <= landing.LARGEST_WORKBOOK + landing.PIECE_BYTES


# The parser's process -------------------------------------------------------------------------


@pytest.fixture
def parsers(monkeypatch: pytest.MonkeyPatch) -> list[reading._Parser]:
    """Those that were started."""
    started: list[reading._Parser] = []

    class Noted(reading._Parser):
        def __init__(self) -> None:
            super().__init__()
            started.append(self)

    monkeypatch.setattr(reading, "_Parser", Noted)
    return started


def days_of(inbox: SmallInbox, count: int) -> list[Path]:
    """A delivery of one line for each of so many days."""
    return [
        inbox.add(FEED, [line(FEED, number)], day=DAY - timedelta(count - number), mode="delta")
        for number in range(count)
    ]


def test_workbooks_of_one_landing_share_a_parser(
    inbox: SmallInbox, land: Land, parsers: list[reading._Parser]
) -> None:
    days_of(inbox, 3)
    assert [result.outcome for result in land()] == ["landed"] * 3
    (parser,) = parsers
    assert parser._process.returncode is not None, "nothing stays behind"


def test_a_parser_that_died_while_it_waited_costs_no_workbook(
    inbox: SmallInbox, land: Land, parsers: list[reading._Parser], monkeypatch: pytest.MonkeyPatch
) -> None:
    days_of(inbox, 2)
    ask = reading._Parser.ask

    asked: list[reading._Parser] = []

    def killed_before_the_second(self: reading._Parser, workbook: BinaryIO, request: dict) -> BinaryIO:
        if len(asked) == 1:
            self._process.kill()
            self._process.wait()
        asked.append(self)
        return ask(self, workbook, request)

    monkeypatch.setattr(reading._Parser, "ask", killed_before_the_second)
    assert [result.outcome for result in land()] == ["landed"] * 2
    assert len(parsers) == 2


def test_days_are_asked_for_in_every_column_that_holds_them() -> None:
    """A bare number in such a column is a day of the workbook's own calendar."""
    of_days = {"unreadable_date", "unreadable_month", "unreadable_instant"}
    assert set(reading.DAY_TYPES) == {kind for kind, (_, code) in READABLE_BY.items() if code in of_days}


HUNGRY = """
import ingestion.workbook_parser as parser
from ingestion.parser import main
check = parser.check_package
def hungry(file, form):
    if b"hungry.bin" in file.read():
        {hunger}
    check(file, form)
parser.check_package = hungry
main()
"""


@pytest.mark.parametrize("hunger", ["bytearray(1 << 30)", "while True: pass"])
def test_a_workbook_beyond_its_limits_costs_no_other(
    inbox: SmallInbox, land: Land, monkeypatch: pytest.MonkeyPatch, hunger: str
) -> None:
    paths = days_of(inbox, 3)
    with zipfile.ZipFile(paths[1], "a") as package:
        package.writestr("hungry.bin", b"")
    inbox.add(FEED, [line(FEED, 1)], day=DAY - timedelta(2), mode="delta", content=paths[1].read_bytes())
    monkeypatch.setattr(reading, "PROGRAM", ("-c", HUNGRY.format(hunger=hunger)))
    monkeypatch.setattr(reading, "LIMITS", Limits(seconds=2))
    results = land()
    assert [result.outcome for result in results] == ["landed", "rejected", "landed"]
    assert results[1].reason_code == "unsafe_workbook"
    assert "Send it as several smaller files" in (results[1].reason or "")


def says(words: str) -> tuple[str, str]:
    """A parser that answers with what an expression yields instead of reading."""
    return (
        "-c",
        "import os, socket\n"
        "_, (_, pipe), *_ = socket.recv_fds(socket.socket(fileno=0), 1 << 16, 2)\n"
        f"for words in {words}:\n"
        "    os.write(pipe, words)",
    )


@pytest.mark.parametrize("half", ["""[b'["K1"]\\n']""", """[b'["K1"]\\n[2, ["K']""", """[b'{']""", "[]"])
def test_an_answer_without_its_end_is_never_taken_for_the_whole(
    monkeypatch: pytest.MonkeyPatch, half: str
) -> None:
    monkeypatch.setattr(reading, "PROGRAM", says(half))
    with TemporaryFile() as file, pytest.raises(ParserDied):
        list(parsed(file, CONTRACTS[FEED].file, Limits()))


@pytest.mark.parametrize(
    "flood", ["iter(lambda: bytes(1 << 16), b'')", """iter(lambda: b'[2, ["K1"]]\\n' * 1000, b'')"""]
)
def test_a_parser_that_says_too_much_is_not_listened_to(monkeypatch: pytest.MonkeyPatch, flood: str) -> None:
    """Neither in one message nor in all: no byte of memory beyond the limits, whatever it says."""
    monkeypatch.setattr(reading, "PROGRAM", says(flood))
    limits = Limits(row_bytes=1 << 16, total_bytes=1 << 17)
    with TemporaryFile() as file, pytest.raises(WorkbookRefused) as caught:
        list(parsed(file, CONTRACTS[FEED].file, limits))
    assert caught.value.code == "unsafe_workbook"


def test_cells_that_repeat_a_long_text(inbox: SmallInbox, land: Land) -> None:
    """56 kB of workbook that would be 6 GB of lines."""
    names = [text(header) for header in CONTRACTS[FEED].column_of_header]
    data = sheet_data([names, *[[typed("s", "0")] * 3] * 2000])
    path = inbox.add(FEED, [line(FEED, 1)] * 2000, content=workbook(data, shared=["长" * 340_000]))
    assert path.stat().st_size < 60_000
    tracemalloc.start()
    (result,) = land()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (result.outcome, result.reason_code) == ("rejected", "unsafe_workbook")
    assert "repeat far more text" in (result.reason or "")
    assert peak < 300 << 20


def test_batches_are_bounded_by_what_they_hold(inbox: SmallInbox) -> None:
    deliver(inbox, 1)
    (delivery,) = discover(inbox.root, CONTRACTS).deliveries
    messages = ([number, ["x" * (1 << 20)], None, None] for number in range(2, 22))
    batches = reading._batches(CONTRACTS[delivery.feed], delivery, messages, ["甲"])
    sizes = [len(batch) for batch in batches]
    assert (sum(sizes), max(sizes)) == (20, 4)


def test_rows_of_merged_ranges() -> None:
    ranges = [(1, 1), (4, 9), (5, 6)]
    assert [row for row in range(1, 12) if _is_within(row, ranges)] == [1, 4, 5, 6, 7, 8, 9]
    assert not _is_within(MAX_ROWS, ranges)
