"""What a workbook can hold beside plain cells, and what becomes of it. The parser is another process."""

import random
from collections.abc import Callable
from pathlib import Path

import openpyxl
import psycopg
import pytest
from openpyxl.worksheet.worksheet import Worksheet
from small_inbox import CONTRACTS, Land, SmallInbox, line

from ingestion.reading import workbook as reading
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


@pytest.mark.parametrize(("limit", "value"), [("MEMORY_LIMIT", 1 << 26), ("TIME_LIMIT", 0)])
def test_a_parser_that_dies_refuses_the_file(
    inbox: SmallInbox, land: Land, monkeypatch: pytest.MonkeyPatch, limit: str, value: int
) -> None:
    # More text than fits into the memory a parser has when it starts.
    chance = random.Random(1)
    names = ["".join(chance.choices("甲乙丙丁戊己庚辛", k=20_000)) for _ in range(100)]
    inbox.add(FEED, [line(FEED, number, agent_name=name) for number, name in enumerate(names)])
    with monkeypatch.context() as patch:
        patch.setattr(reading, limit, value)
        (result,) = land()
    assert result.reason_code == "unsafe_workbook"
    assert "Send it as several smaller files" in (result.reason or "")
    assert land()[0].outcome == "landed", "nothing is wrong with the file itself"


def test_parser_that_ends_half_way(inbox: SmallInbox, land: Land, monkeypatch: pytest.MonkeyPatch) -> None:
    """Output that stops without its last word is never taken for the whole."""
    deliver(inbox, 2)
    half = "import sys; print('[\"火化编号\"]')"
    with monkeypatch.context() as patch:
        patch.setattr(reading, "MODULE", ("-c", half))
        assert land()[0].outcome == "rejected"
    assert land()[0].outcome == "landed"


def test_rows_of_merged_ranges() -> None:
    ranges = [(1, 1), (4, 9), (5, 6)]
    assert [row for row in range(1, 12) if _is_within(row, ranges)] == [1, 4, 5, 6, 7, 8, 9]
    assert not _is_within(MAX_ROWS, ranges)
