"""Workbooks other than XLSX, and Parquet: what their cells say, and what is told instead of guessed."""

import io
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from tempfile import TemporaryFile
from types import SimpleNamespace
from typing import Any

import pyarrow
import pytest
import xlwt
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from ingestion.layout import FileLayout
from ingestion.parquet_table import plain_lines
from ingestion.reading.stream import CopyText, PlainLines, records_of
from ingestion.reading.workbook import Limits, WorkbookRefused, parsed, rows_of


def cells_of(content: bytes, layout: FileLayout, names: Sequence[str] = ()) -> list[Any]:
    with TemporaryFile() as file:
        file.write(content)
        file.flush()
        file.seek(0)
        return list(parsed(file, layout, Limits(), (), names))


def old_workbook(fill: Callable[[xlwt.Workbook, Any], object]) -> bytes:
    book = xlwt.Workbook()
    fill(book, book.add_sheet("名册"))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


OLD = FileLayout("xls", "utf-8", None, "名册", 2)
DAY = xlwt.easyxf(num_format_str='yyyy"年"m"月"d"日"')
MOMENT = xlwt.easyxf(num_format_str="yyyy-mm-dd hh:mm")


def test_cells_of_an_old_workbook() -> None:
    def fill(book: xlwt.Workbook, sheet: Any) -> None:
        sheet.write_merge(0, 0, 0, 4, "二〇二五年名册")
        for place, name in enumerate("abcde"):
            sheet.write(1, place, name)
        for place, value in enumerate([201, 511423310518005, 420222199001011234, 12.5, "0012"]):
            sheet.write(2, place, value)
        sheet.write(3, 0, date(2025, 6, 20), DAY)
        sheet.write(3, 1, datetime(2025, 6, 20, 14, 30), MOMENT)
        sheet.write(3, 2, True)
        sheet.write(5, 0, xlwt.Formula("1+1"))
        sheet.row(6).set_cell_error(1, 42)
        sheet.write_merge(7, 8, 0, 0, "两行")
        book.add_sheet("说明").write(0, 0, "不是数据")

    assert cells_of(old_workbook(fill), OLD) == [
        ["a", "b", "c", "d", "e"],
        [3, ["201", "511423310518005", "4.2022219900101126e+17", "12.5", "0012"], None, None],
        [4, ["2025-06-20", "2025-06-20 14:30:00", "TRUE"], None, None],
        [6, ["="], "formula_cell", 0],
        [7, [None, "#N/A"], "error_cell", 1],
        [8, ["两行"], "merged_cell", None],
    ]


def test_a_header_of_two_lines_in_an_old_workbook() -> None:
    def fill(_: xlwt.Workbook, sheet: Any) -> None:
        sheet.write_merge(0, 0, 0, 4, "二〇二五年名册")
        sheet.write_merge(1, 2, 0, 0, "编号")
        sheet.write_merge(1, 1, 1, 2, "起止")
        sheet.write(1, 3, "备注")
        for place, name in enumerate(["入院", "出院", "", "费用"], 1):
            sheet.write(2, place, name)
        for place, value in enumerate("vwxyz"):
            sheet.write(3, place, value)

    layout = replace(OLD, header_line=3, header_lines=2)
    assert cells_of(old_workbook(fill), layout) == [
        ["编号", "起止/入院", "起止/出院", "备注", "费用"],
        [4, ["v", "w", "x", "y", "z"], None, None],
    ]
    with pytest.raises(WorkbookRefused, match=r"headerLine: \[2, 3\]"):
        cells_of(old_workbook(fill), replace(OLD, header_line=3))


def test_days_of_1904_in_an_old_workbook() -> None:
    def fill(book: xlwt.Workbook, sheet: Any) -> None:
        book.dates_1904 = True
        sheet.write(0, 0, (date(2025, 6, 20) - date(1904, 1, 1)).days, DAY)

    assert cells_of(old_workbook(fill), FileLayout("xls", "utf-8", None, 1, 0), ["day"]) == [
        ["day"], [1, ["2025-06-20"], None, None]
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "layout", "code"),
    [
        (b"<html><table>", OLD, "unreadable_file"),
        (old_workbook(lambda _, sheet: sheet.write(1, 0, "a"))[:3000], OLD, "unreadable_file"),
        (old_workbook(lambda _, sheet: sheet.write_merge(1, 2, 0, 0, "a")), OLD, "merged_header"),
        (
            old_workbook(lambda _, sheet: sheet.write(1, 0, "a")),
            FileLayout("xls", "utf-8", None, 2, 1),
            "sheet_missing",
        ),
        (b"PK", FileLayout("ods", "utf-8", None, 1, 1), "unreadable_file"),
        (b"PAR1 or not", FileLayout("parquet", "utf-8", None, None, 0), "unreadable_file"),
    ],
)
def test_what_is_no_workbook(content: bytes, layout: FileLayout, code: str) -> None:
    with pytest.raises(WorkbookRefused) as caught:
        cells_of(content, layout)
    assert caught.value.code == code


def open_document(rows: str, further: str = "") -> bytes:
    """rows: of the sheet 名册, as XML."""
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text")
    )
    calc = 'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'
    xml = (
        f"<office:document-content {spaces} {calc}><office:body><office:spreadsheet>"
        f'<table:table table:name="名册">{rows}</table:table>{further}'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        package.writestr("content.xml", xml)
        package.writestr("META-INF/manifest.xml", '<!DOCTYPE manifest PUBLIC "-" "Manifest.dtd"><manifest/>')
    return out.getvalue()


def ods_cell(shown: str, attributes: str = 'office:value-type="string"') -> str:
    return f"<table:table-cell {attributes}><text:p>{shown}</text:p></table:table-cell>"


SPANNED = 'office:value-type="string" table:number-columns-spanned="5"'
MANY = 'table:number-columns-repeated="99999"'
LONG = '<table:table-row table:number-rows-repeated="900000">'
EMPTY_TO_THE_END = '<table:table-cell table:number-columns-repeated="16370"/>'


def test_cells_of_an_open_document() -> None:
    header = "".join(map(ods_cell, "abcde")) + EMPTY_TO_THE_END
    rows = [
        f"{ods_cell('名册', SPANNED)}<table:covered-table-cell/>",
        header,
        ods_cell("201.00", 'office:value-type="float" office:value="201"')
        + ods_cell("5.1E+14", 'office:value-type="float" office:value="511423310518005"')
        + ods_cell("4.2E+17", 'office:value-type="float" office:value="420222199001011234"')
        + ods_cell("甲<text:s text:c='2'/>乙<text:span>丙</text:span>")
        + "<table:table-cell><office:annotation><text:p>批注</text:p></office:annotation></table:table-cell>",
        ods_cell("6月20日", 'office:value-type="date" office:date-value="2025-06-20"')
        + ods_cell("x", 'office:value-type="date" office:date-value="2025-06-20T14:30:00"')
        + ods_cell("8:30", 'office:value-type="time" office:time-value="PT08H30M00S"')
        + ods_cell("是", 'office:value-type="boolean" office:boolean-value="true"'),
        EMPTY_TO_THE_END,
        ods_cell("2", 'office:value-type="float" office:value="2" table:formula="of:=1+1"'),
        ods_cell("") + ods_cell("#N/A", 'office:value-type="string" calcext:value-type="error"'),
        ods_cell("两行", 'office:value-type="string" table:number-rows-spanned="2"'),
        f"<table:covered-table-cell/>{ods_cell('x')}",
    ]
    xml = "".join(f"<table:table-row>{row}</table:table-row>" for row in rows)
    xml += f"<table:table-row table:number-rows-repeated='2'>{ods_cell('同')}</table:table-row>"
    xml += f"<table:table-row table:number-rows-repeated='1048000'>{EMPTY_TO_THE_END}</table:table-row>"
    further = f'<table:table table:name="说明"><table:table-row>{ods_cell("不是数据")}</table:table-row></table:table>'
    assert cells_of(open_document(xml, further), FileLayout("ods", "utf-8", None, "名册", 2)) == [
        ["a", "b", "c", "d", "e"],
        [3, ["201", "511423310518005", "4.2022219900101126e+17", "甲  乙丙"], None, None],
        [4, ["2025-06-20", "2025-06-20 14:30:00", "08:30:00", "TRUE"], None, None],
        [6, ["=of:=1+1"], "formula_cell", 0],
        [7, [None, "#N/A"], "error_cell", 1],
        [8, ["两行"], "merged_cell", None],
        [9, [None, "x"], "merged_cell", None],
        [10, ["同"], None, None],
        [11, ["同"], None, None],
    ]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (open_document("<table:table-row table:number-rows-repeated='2000000'/>" * 2), "unreadable_file"),
        (open_document(f"<table:table-row>{ods_cell('a', MANY)}</table:table-row>"), "unreadable_file"),
        (open_document(f"{LONG}{ods_cell('长' * 999)}</table:table-row>"), "unsafe_workbook"),
    ],
)  # fmt: skip
def test_an_open_document_that_says_more_than_it_is(content: bytes, code: str) -> None:
    with pytest.raises(WorkbookRefused) as caught:
        cells_of(content, FileLayout("ods", "utf-8", None, "名册", 1))
    assert caught.value.code == code


def test_rows_of_parquet() -> None:
    table = pyarrow.table(
        {
            "no": ["001", None],
            "count": pyarrow.array([201.0, None]),
            "yuan": [Decimal("1.50"), Decimal("-2.00")],
            "day": [date(2025, 6, 20)] * 2,
            "at": [datetime(2025, 6, 20, 14, 30)] * 2,
            "is_new": [True, False],
            "list": [[{"k": "甲", "on": date(2025, 6, 20)}], []],
            "raw": [None, b"\x00"],
        }
    )
    out = io.BytesIO()
    parquet.write_table(table, out)
    same = ["2025-06-20", "2025-06-20 14:30:00"]
    assert cells_of(out.getvalue(), FileLayout("parquet", "utf-8", None, None, 0)) == [
        table.column_names,
        [1, ["001", "201", "1.50", *same, "TRUE", '[{"k": "甲", "on": "2025-06-20"}]', None], None, None],
        [2, [None, None, "-2.00", *same, "FALSE", "[]", None], "invalid_character", 7],
    ]


TEXTS = st.none() | st.text(st.sampled_from("a1王 ,\"'\\N\t\n\r\0"), max_size=4)


@given(st.lists(st.tuples(TEXTS, TEXTS, TEXTS), min_size=1, max_size=20))
def test_rows_of_texts_come_as_lines_and_say_the_same(rows: list[tuple[str | None, ...]]) -> None:
    """Whatever stands in them: what is not plain comes row by row, and both are written and hashed alike."""
    schema = pyarrow.schema([(name, pyarrow.string()) for name in ("visit_no", "name", "note")])
    batch = pyarrow.record_batch([list(column) for column in zip(*rows, strict=True)], schema=schema)
    lines = plain_lines(batch)
    is_plain = not any(value is not None and set(value) & set("\\\t\n\r\0") for row in rows for value in row)
    assert (lines is not None) == is_plain
    if lines is None:
        return
    assert [tuple(texts) for _, texts in rows_of(2, lines)] == rows
    plain = PlainLines.of(2, lines, "\t", 3)
    assert plain is not None
    plain = plain.with_nulls()
    assert plain is not None
    records = list(records_of(plain))
    assert [tuple(record.fields) for record in records] == rows
    assert [record.raw_line for record in records] == [
        "\t".join(value or "" for value in row) for row in rows
    ]
    described = SimpleNamespace(column_names=("note", "visit_no", "missing"))
    one, other = (CopyText(described, tuple(schema.names), "\t") for _ in range(2))  # type: ignore[arg-type]
    assert one.plain(plain) == other.records(records)


@pytest.mark.parametrize("lines", ["a\t\\.\n", "a\\Nb\tc\n", "a\t\\N\\N\n", "\\\tb\n"])
def test_no_other_backslash_reaches_the_database(lines: str) -> None:
    plain = PlainLines.of(1, lines.encode(), "\t", 2)
    assert plain is not None
    assert plain.with_nulls() is None
