"""整改单: what a sender has to correct, as one workbook per system and owner.

Every rejected line with its reason; the value at fault only masked, because the list leaves the
house and the sender finds the line by its number.
"""

import csv
import json
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import NamedTuple

import psycopg
import xlsxwriter

from ingestion.contract import Contract

REASONS_ZH = {
    "field_count": "列数与表头不符", "nul_character": "含有空字符（NUL）",
    "unreadable_line": "引号不成对，无法分列", "invalid_json": "不是有效的 JSON",
    "not_an_object": "一行不是一个 JSON 对象", "unreadable_list": "明细不是对象的列表",
    "unreadable_value": "应为单一的值，不是列表或对象", "invalid_character": "含有无法存储的字符",
    "formula_cell": "单元格是公式，请改为数值", "merged_cell": "单元格被合并，请取消合并",
    "missing_key": "业务主键为空", "missing_value": "必填项为空", "field_too_long": "内容过长",
    "unknown_operation": "操作不是 新增、修改、作废", "unreadable_date": "日期无法识别",
    "unreadable_month": "月份无法识别", "unreadable_instant": "时间无法识别",
    "unreadable_amount": "金额无法识别", "unreadable_number": "数值无法识别",
    "unreadable_share": "份额无法识别",
}  # fmt: skip
HEADER = ("数据名称", "交付编号", "文件", "业务日期", "行号", "列", "原因", "原值（已脱敏）")
WIDTHS = (20, 34, 38, 12, 8, 16, 26, 26)
# Shown as it is: at most a date, an amount or a code, and no number long enough to be a person's.
HARMLESS = re.compile(r"[A-Za-z0-9.,:/+\- 年月日时分秒元万%]{0,20}")
LONG_NUMBER = re.compile(r"\d{9}")
DANGEROUS_START = ("=", "+", "-", "@", "\t", "\r")
ROWS_AT_ONCE = 5000


class _Line(NamedTuple):
    feed: str
    delivery_id: str
    file_name: str
    business_date: date
    line_number: int
    reason_code: str
    column: str | None
    raw_line: str


def write_return_lists(
    connection: psycopg.Connection, contracts: Mapping[str, Contract], folder: Path
) -> list[Path]:
    """One file per sender with rejected lines, readable by the caller only. Returns the files."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    senders: dict[tuple[str, str], list[str]] = {}
    for (feed,) in connection.execute("select distinct feed from ops.delivery where rejected_count > 0"):
        if feed in contracts:
            senders.setdefault((contracts[feed].system, contracts[feed].owner), []).append(feed)
    written = []
    for (system, owner), feeds in sorted(senders.items()):
        path = folder / f"整改单_{system}_{owner}.xlsx"
        path.touch(mode=0o600)
        _write(connection, contracts, sorted(feeds), path)
        written.append(path)
    return written


def _write(
    connection: psycopg.Connection, contracts: Mapping[str, Contract], feeds: list[str], path: Path
) -> None:
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(path, options) as workbook, connection.cursor("return_list") as cursor:
        sheet = workbook.add_worksheet("整改单")
        sheet.freeze_panes(1, 0)
        for place, width in enumerate(WIDTHS):
            sheet.set_column(place, place, width)
        sheet.write_row(0, 0, HEADER, workbook.add_format({"bold": True}))
        cursor.itersize = ROWS_AT_ONCE
        cursor.execute(
            "select feed, delivery_id, file_name, business_date, line_number, reason_code, column_name, raw_line "
            "from ops.rejected_row inner join ops.delivery using (delivery_id) "
            "where feed = any(%s) order by feed, business_date, delivery_id, line_number",
            [feeds],
        )
        for row, values in enumerate(cursor, 1):
            line = _Line(*values)
            contract = contracts[line.feed]
            cells = [
                contract.title, line.delivery_id, line.file_name, str(line.business_date), line.line_number,
                line.column or "（整行）", REASONS_ZH.get(line.reason_code, line.reason_code),
                mask(_value(contract, line), is_sensitive=_is_sensitive(contract, line.column)),
            ]  # fmt: skip
            sheet.write_row(row, 0, [_guarded(cell) if isinstance(cell, str) else cell for cell in cells])


def _is_sensitive(contract: Contract, header: str | None) -> bool:
    column = contract.column_of_header.get(header or "")
    return column is None or column.is_sensitive


def _value(contract: Contract, line: _Line) -> str:
    """The value at fault, empty where no single one is, where it is no longer kept, or it cannot be
    told where it stands."""
    if line.column is None or not line.raw_line or line.reason_code in ("missing_key", "missing_value"):
        return ""
    if contract.file.format == "jsonl":
        value = json.loads(line.raw_line).get(line.column)
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    fields = next(csv.reader([line.raw_line], delimiter=contract.file.delimiter or "\t"), [])
    headers = list(contract.column_of_header)
    return fields[headers.index(line.column)] if len(fields) == len(headers) else ""


def mask(value: str, is_sensitive: bool) -> str:
    """Enough to recognise a value beside its line, too little to learn it: first and last characters.

    What does not look like a date, an amount or a code is masked whatever its column: a sender may
    have changed the order of the columns.
    """
    if not is_sensitive and HARMLESS.fullmatch(value) and not LONG_NUMBER.search(value):
        return value
    if len(value) >= 15:
        return f"{value[:6]}{'*' * 8}{value[-4:]}"
    return value[:1] + "*" * min(len(value) - 1, 8) if value else ""


def _guarded(text: str) -> str:
    """No spreadsheet takes it for a formula."""
    return "'" + text if text.startswith(DANGEROUS_START) else text
