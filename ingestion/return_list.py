"""整改单: what a sender has to correct, as one workbook per system and owner.

Every rejected line with its reason until a later delivery brings its record; the value at fault
only masked, because the list leaves the house and the sender finds the line by its number.
"""

import csv
import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import NamedTuple

import psycopg
import xlsxwriter
from psycopg import sql

from ingestion.cleaning import key_hash
from ingestion.contract import Contract
from ingestion.errors import RequestError
from ingestion.layout import OBJECTS
from ingestion.office_files import own_file
from ingestion.raw_table import has_key, table
from ingestion.reading.fixed_width import field_at
from ingestion.reading.json_objects import value_at

REASONS_ZH = {
    "field_count": "列数与表头不符", "line_length": "行长与约定不符", "misplaced_field": "字段位置落在汉字中间",
    "total_line": "合计行夹在数据中间", "nul_character": "含有空字符（NUL）",
    "unreadable_line": "引号不成对，无法分列", "lone_return": "字段中夹有单独的回车符",
    "invalid_json": "不是有效的 JSON",
    "not_an_object": "一行不是一个 JSON 对象", "unreadable_list": "明细不是对象的列表",
    "unreadable_value": "应为单一的值，不是列表或对象", "invalid_character": "含有无法存储的字符",
    "formula_cell": "单元格是公式，请改为数值", "merged_cell": "单元格被合并，请取消合并",
    "error_cell": "单元格是错误值（如 #N/A）",
    "missing_key": "业务主键为空", "missing_value": "必填项为空", "field_too_long": "内容过长",
    "unknown_operation": "操作不是约定的代码",
    "unknown_code": "代码不在约定的代码表中", "unexpected_form": "写法与约定不符",
    "unreadable_date": "日期无法识别",
    "unreadable_month": "月份无法识别", "unreadable_instant": "时间无法识别",
    "unreadable_amount": "金额无法识别", "unreadable_number": "数值无法识别",
    "out_of_range": "数值无法识别或超出可能的范围",
    "unreadable_share": "份额无法识别", "unreadable_identifier": "编号缺失、占位或位数已丢失（科学计数法）",
    "unreadable_account": "账号缺失、占位或位数已丢失（科学计数法）", "unreadable_division": "行政区划代码无法识别",
}  # fmt: skip
HEADER = ("数据名称", "交付编号", "文件", "业务日期", "行号", "列", "原因", "原值（已脱敏）")
WIDTHS = (20, 34, 38, 12, 8, 16, 26, 26)
# Shown as it is: at most a date, an amount or a code, and no number long enough to be a person's.
HARMLESS = re.compile(r"[A-Za-z0-9.,:/+\- 年月日时分秒元万%]{0,20}")
LONG_NUMBER = re.compile(r"\d{9}")
DANGEROUS_START = ("=", "+", "-", "@", "\t", "\r")
ROWS_AT_ONCE = 5000

LINES = """
select
    delivery_id, delivery.file_name, delivery.business_date, rejected.line_number,
    rejected.reason_code, rejected.column_name, rejected.raw_line
from ops.rejected_row as rejected
inner join ops.delivery as delivery using (delivery_id)
where
    delivery.feed = {feed}
    and delivery.status <> 'withdrawn'
    and (%(since)s::date is null or delivery.business_date >= %(since)s)
    {not_corrected}
order by delivery.business_date, delivery_id, rejected.line_number
"""

# Later as the models take deliveries in. What is held corrects nothing yet, what is withdrawn never.
NOT_CORRECTED = """
    and not exists (
        select 1
        from (
            select {key_hash} as key_hash, _delivery_id as delivery_id from {raw}
        ) as landed
        inner join ops.delivery as later using (delivery_id)
        where
            landed.key_hash = rejected.key_hash
            and later.status not in ('held', 'withdrawn')
            and (later.business_date, later.mode <> 'full', later.sequence_no)
            > (delivery.business_date, delivery.mode <> 'full', delivery.sequence_no)
    )
"""


class _Line(NamedTuple):
    delivery_id: str
    file_name: str
    business_date: date
    line_number: int
    reason_code: str
    column: str | None
    raw_line: str


def write_return_lists(
    connection: psycopg.Connection,
    contracts: Mapping[str, Contract],
    folder: Path,
    since: date | None = None,
    feed: str | None = None,
    heading: str = "",
) -> list[Path]:
    """One file per sender with lines to correct, readable by the caller only. Returns the files.

    since: only lines of this business date or later; feed: only this one. heading: who sends the list, a
    line of its own above the table. A sender with nothing to correct gets no file, and one left in the
    folder from before goes. Raises RequestError for a feed that is none.
    """
    if feed is not None and feed not in contracts:
        raise RequestError(f"没有来源 {feed}。 {feed} is no feed. Known: {', '.join(sorted(contracts))}.")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    senders: dict[tuple[str, str], list[str]] = {}
    for (name,) in connection.execute("select distinct feed from ops.delivery where rejected_count > 0"):
        if name in contracts and feed in (None, name):
            senders.setdefault((contracts[name].system, contracts[name].owner), []).append(name)
    written = []
    for (system, owner), feeds in sorted(senders.items()):
        path = folder / f"整改单_{system}_{owner}.xlsx"
        if _write(connection, [contracts[name] for name in sorted(feeds)], own_file(path), since, heading):
            written.append(path)
        else:
            path.unlink()
    return written


def _write(
    connection: psycopg.Connection, contracts: list[Contract], path: Path, since: date | None, heading: str
) -> int:
    """Returns the number of lines."""
    header = row = 1 if heading else 0
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(path, options) as workbook:
        sheet = workbook.add_worksheet("整改单")
        sheet.freeze_panes(header + 1, 0)
        for place, width in enumerate(WIDTHS):
            sheet.set_column(place, place, width)
        sheet.write_row(0, 0, [_guarded(heading)] if heading else [])
        sheet.write_row(header, 0, HEADER, workbook.add_format({"bold": True}))
        for contract in contracts:
            for line in _lines(connection, contract, since):
                row += 1
                cells = [
                    contract.title, line.delivery_id, line.file_name, str(line.business_date), line.line_number,
                    line.column or "（整行）", REASONS_ZH.get(line.reason_code, line.reason_code),
                    mask(_value(contract, line), is_sensitive=_is_sensitive(contract, line.column)),
                ]  # fmt: skip
                sheet.write_row(row, 0, [_guarded(cell) if isinstance(cell, str) else cell for cell in cells])
    return row - header


def _lines(connection: psycopg.Connection, contract: Contract, since: date | None) -> Iterator[_Line]:
    not_corrected = sql.SQL(NOT_CORRECTED).format(key_hash=key_hash(contract), raw=table(contract))
    query = sql.SQL(LINES).format(
        feed=sql.Literal(contract.feed),
        # A feed of which nothing was ever landed has nothing to ask.
        not_corrected=not_corrected if has_key(connection, contract) else sql.SQL(""),
    )
    with connection.cursor("return_list") as cursor:
        cursor.itersize = ROWS_AT_ONCE
        for values in cursor.execute(query, {"since": since}):
            yield _Line(*values)


def _is_sensitive(contract: Contract, header: str | None) -> bool:
    column = contract.column_of_header.get(header or "")
    return column is None or column.is_sensitive


def _value(contract: Contract, line: _Line) -> str:
    """The value at fault, empty where no single one is, where it is no longer kept, or it cannot be
    told where it stands."""
    if (
        line.column is None
        or "[]" in line.column
        or not line.raw_line
        or line.reason_code in ("missing_key", "missing_value")
    ):
        return ""
    if contract.file.format in OBJECTS:
        value = value_at(json.loads(line.raw_line), line.column)
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if contract.file.format == "fixed":
        return field_at(contract, line.column, line.raw_line)
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
