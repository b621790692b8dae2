"""Workbooks as other programs write them: what their cells say, and what is told instead of guessed."""

import io
import shutil
import zipfile
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from hand_made_workbook import STRICT, number, sheet_data, text, typed, workbook
from hypothesis import given
from hypothesis import strategies as st
from small_inbox import CONTRACTS, Land, SmallInbox, line

from ingestion.parser import Refused
from ingestion.spreadsheet import CHINESE_DATE_FORMATS, DAMAGED, Cell, Workbook
from ingestion.workbook_parser import check_package, parse

FEED = "cremation"
SHEET = "火化登记"
CASES = Path(__file__).parents[3] / "shared" / "cases"
EPOCHS = {False: datetime(1899, 12, 30), True: datetime(1904, 1, 1)}


def rows_of(content: bytes) -> list[list[Cell]]:
    return [cells for _, cells in Workbook(io.BytesIO(content)).rows(SHEET)]


def messages_of(content: bytes, date_columns: Sequence[str] = ()) -> list:
    return list(parse(io.BytesIO(content), SHEET, date_columns, 1 << 24))


def cremation(values: dict[str, tuple[str, str]]) -> str:
    """A header and one line, some of its columns with the given cells."""
    columns = CONTRACTS[FEED].columns
    typical = line(FEED, 1)
    cells = [
        values.get(column.name) or (None if typical[column.name] is None else text(str(typical[column.name])))
        for column in columns
    ]
    return sheet_data([[text(column.header) for column in columns], cells])


# Dates ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_1904", [False, True])
@pytest.mark.parametrize(
    "form", [14, 22, *sorted(CHINESE_DATE_FORMATS), '[$-804]yyyy"年"m"月"d"日"', "yyyy年m月d日"]
)
def test_dates_in_every_format_and_both_systems(form: int | str, is_1904: bool) -> None:
    day = (datetime(2025, 6, 20) - EPOCHS[is_1904]).days
    content = workbook(
        sheet_data([[number(day, 1), number(day + 0.60416666666, 1)]]), formats=[form], is_1904=is_1904
    )
    assert [cell.text for cell in rows_of(content)[0]] == ["2025-06-20", "2025-06-20 14:30:00"]


def test_a_built_in_number_with_a_code_of_its_own_is_what_the_code_says() -> None:
    content = workbook(sheet_data([[number(1200, 1)]]), formats=["0.00"])
    renumbered = workbook_with(content, "xl/styles.xml", b'"200"', b'"31"')
    assert rows_of(renumbered) == [[Cell("1200", is_number=True)]]


@given(st.datetimes(datetime(1904, 1, 2), datetime(2199, 12, 31)), st.booleans())
def test_a_moment_written_as_a_number_reads_back(moment: datetime, is_1904: bool) -> None:
    moment = moment.replace(microsecond=0)
    days = (moment - EPOCHS[is_1904]) / timedelta(days=1)
    ((cell,),) = rows_of(workbook(sheet_data([[number(days, 1)]]), formats=[22], is_1904=is_1904))
    assert datetime.fromisoformat(cell.text or "") == moment


def test_no_day_of_the_calendar_is_no_value() -> None:
    content = workbook(sheet_data([[number(-1, 1), number(99999999, 1), number("1E999")]]), formats=[14])
    assert [cell.fault for cell in rows_of(content)[0]] == ["error_cell"] * 3


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2025-06-20", "2025-06-20"), ("2025-06-20T00:00:00.000", "2025-06-20"),
        ("2025-06-20T14:30:00", "2025-06-20 14:30:00"),
        ("2025-06-20T16:00:00Z", "2025-06-20T16:00:00Z"),  # whose day depends on the place
        ("2025-06-20T16:00:00+08:00", "2025-06-20T16:00:00+08:00"), ("soon", "soon"),
    ],
)  # fmt: skip
def test_iso_dates_of_strict_workbooks(written: str, read: str) -> None:
    assert rows_of(workbook(sheet_data([[typed("d", written)]]), namespaces=STRICT)) == [[Cell(read)]]


@pytest.mark.parametrize(
    ("is_1904", "written", "given_on"),
    [
        (True, "44366", "45828"), (True, "44366.0", "45828"), (True, "20250620", "20250620"),
        (False, "45828", "45828"),
    ],
)  # fmt: skip
def test_a_bare_day_of_the_1904_system_is_given_as_one_of_the_other(
    is_1904: bool, written: str, given_on: str
) -> None:
    """A number without a date format among dates is a day counted from 1900, for whoever reads the text."""
    data = sheet_data([[text("死亡日期"), text("金额")], [number(written), number("44366")]])
    content = workbook(data, is_1904=is_1904)
    assert messages_of(content, ["死亡日期"])[1] == [2, [given_on, "44366"], None, None]


# Sheets ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", ["A1", "A1:ZZZZ9", "", "B2:C3"])
def test_what_a_sheet_says_of_its_size_is_not_believed(size: str) -> None:
    data = sheet_data([[text("甲"), text("乙")], [text("1"), text("2")]])
    content = workbook(data, before=f'<dimension ref="{size}"/>')
    assert messages_of(content) == [["甲", "乙"], [2, ["1", "2"], None, None]]


@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16"])
def test_strict_workbooks_are_read_like_any(encoding: str) -> None:
    data = sheet_data([[typed("s", "1")], [number(45828, 1)], [text("丙"), text("丁")]])
    merged = '<mergeCells count="1"><mergeCell\n ref="A3:B3" /></mergeCells>'
    content = workbook(
        data, shared=["一", "二"], formats=[31], after=merged, namespaces=STRICT, encoding=encoding
    )
    assert messages_of(content) == [
        ["二"], [2, ["2025-06-20"], None, None], [3, ["丙", "丁"], "field_count", None]
    ]  # fmt: skip
    assert Workbook(io.BytesIO(content)).merged_rows(SHEET) == [(3, 3)]


def test_names_of_parts_are_one_whatever_their_case_and_slashes() -> None:
    content = workbook(sheet_data([[text("甲")]]))
    renamed = workbook_with(content, "xl/workbook.xml", b"", b"", name="XL\\Workbook.xml")
    assert messages_of(renamed) == [["甲"]]


def test_cells_may_stand_in_any_order_but_not_twice() -> None:
    data = '<sheetData><row r="1"><c r="B1"><v>2</v></c><c r="A1"><v>1</v></c></row></sheetData>'
    assert [cell.text for cell in rows_of(workbook(data))[0]] == ["1", "2"]
    for damaged in (
        data.replace('"A1"', '"B1"'),
        data.replace('"A1"', '"A2"'),
        data.replace('"A1"', '"XFE1"'),
        data.replace("<v>1<", "<v>1_0<"),
        data.replace("<v>1<", "<v>\uff11<"),
        data.replace("</row>", '</row><row r="1"/>'),
        data.replace('<row r="1">', '<row r="1048577">'),
    ):
        with pytest.raises(DAMAGED):
            rows_of(workbook(damaged))


def test_texts_in_pieces_and_with_escaped_characters() -> None:
    pieces = "<is><r><t>欧</t></r><r><t>阳</t></r><rPh><t>ōu</t></rPh></is>"
    cells = [('t="inlineStr"', pieces), text("甲_x000D_"), text("_x005F_x0041_"), text("_xD83D_"), text("")]
    ((*found,),) = rows_of(workbook(sheet_data([cells])))
    assert [cell.text for cell in found] == ["欧阳", "甲\r", "_x0041_", "_xD83D_", None]


# What is no value -------------------------------------------------------------------------------


def test_an_error_is_never_a_value() -> None:
    errors = ["#N/A", "#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!"]
    ((*found,),) = rows_of(workbook(sheet_data([[typed("e", error) for error in errors]])))
    assert found == [Cell(error, "error_cell") for error in errors]


def test_a_line_with_an_error_is_rejected_with_its_column(
    inbox: SmallInbox, land: Land, db: psycopg.Connection
) -> None:
    inbox.add(FEED, [line(FEED, 1)], content=workbook(cremation({"agent_name": typed("e", "#N/A")})))
    assert land()[0].rejected_count == 1
    told = db.execute("select line_number, reason_code, column_name from ops.rejected_row").fetchall()
    assert told == [(2, "error_cell", "承办人姓名")]


def test_a_formula_is_none_whatever_its_kind() -> None:
    kinds = ["<f>1+1</f><v>2</v>", '<f t="shared" si="0"/><v>2</v>', '<f t="array" ref="A1">A2</f>']
    ((*found,),) = rows_of(workbook(sheet_data([[("", kind) for kind in kinds]])))
    assert found == [Cell(formula, "formula_cell") for formula in ("=1+1", "=", "=A2")]


DOCTYPE = '<!DOCTYPE x [<!ENTITY a "aaa">]>'
PADDINGS = ("", f"<!--{'长' * 100_000}-->", "\n" * 5000)


@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16"])
@pytest.mark.parametrize("padding", PADDINGS)
def test_entities_are_refused_wherever_they_are_declared(padding: str, encoding: str) -> None:
    part = f'<?xml version="1.0" encoding="{encoding}"?>{padding}{DOCTYPE}<x/>'.encode(encoding)
    for content in (
        workbook(sheet_data([]), prolog=padding + DOCTYPE, encoding=encoding),
        workbook(sheet_data([]), extra={"[trash]/a.bin": part}),
    ):
        with pytest.raises(Refused) as caught:
            check_package(io.BytesIO(content))
        assert caught.value.args == ("unsafe_workbook", "declares XML entities")


@pytest.mark.parametrize("encoding", ["UTF-16-LE", "GB18030", "UTF-32", "UTF-7"])
def test_entities_in_an_encoding_the_parser_cannot_read(encoding: str) -> None:
    """Nobody reads them: the workbook is refused as damaged."""
    with pytest.raises(Refused):
        messages_of(workbook(sheet_data([]), prolog=DOCTYPE, encoding=encoding))


def test_a_document_type_in_a_text_is_a_text() -> None:
    content = workbook(sheet_data([[text("<!DOCTYPE x>")]]), prolog="<!-- <!DOCTYPE x> -->")
    assert messages_of(content) == [["<!DOCTYPE x>"]]


def test_a_part_that_stands_twice_is_refused() -> None:
    content = workbook(sheet_data([[text("甲")]]), extra={"XL/worksheets/sheet1.xml": b"<x/>"})
    with pytest.raises(Refused, match="holds a part twice"):
        messages_of(content)


# The given cases ----------------------------------------------------------------------------------


@pytest.mark.skipif(not CASES.exists(), reason="the given cases are not there")
@pytest.mark.parametrize(
    ("case", "died_on"),
    [
        ("workbook_says_it_is_one_cell", [date(2025, 6, 20)] * 3),
        ("chinese_date_format_with_time", [date(2025, 6, 20)] * 3),
        ("accounts_that_say_nothing", [date(2025, 6, 20)]),
    ],
)
def test_given_cases(
    inbox: SmallInbox, land: Land, db: psycopg.Connection, case: str, died_on: list[date]
) -> None:
    shutil.copytree(CASES / case / "inbox" / "funeral", inbox.root / "funeral")
    assert [result.outcome for result in land()] == ["landed"]
    found = db.execute("select clean.date(died_on) from raw.cremation order by _line_number").fetchall()
    assert [day for (day,) in found] == died_on


def workbook_with(content: bytes, part: str, old: bytes, new: bytes, name: str | None = None) -> bytes:
    """A part changed, and perhaps renamed."""
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as package, zipfile.ZipFile(changed, "w") as copy:
        for found in package.namelist():
            data = package.read(found)
            if found == part:
                data, found = data.replace(old, new), name or found
            copy.writestr(found, data)
    return changed.getvalue()
