"""Files of a delivery, exactly as feeds/README.md lays them out, and the manifest written last.

Output depends on the lines alone: no wall clock reaches a file, so the same run gives the same bytes.
"""

import csv
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import xlsxwriter

Mentions = list[tuple[str, str]]  # role, person uid
Line = tuple[list[Any] | dict[str, Any], Mentions]  # cells in the order of the header, or a JSON object

_WORKBOOK_CREATED = datetime(2020, 1, 1)


@dataclass(frozen=True, slots=True)
class Layout:
    """How a feed is written."""

    system: str
    feed: str
    format: str
    encoding: str
    header: tuple[str, ...] = ()
    newline: str = "\n"
    separator: str = ","
    sheet: str = ""
    amount: str = ""  # column of the control total


LAYOUTS = {
    layout.feed: layout
    for layout in (
        Layout(
            "register",
            "population",
            "csv",
            "utf-8",
            (
                "户号",
                "公民身份号码",
                "姓名",
                "性别",
                "民族",
                "出生日期",
                "与户主关系",
                "户籍地址",
                "行政区划代码",
                "户口性质",
                "变动类型",
                "变动日期",
            ),
        ),
        Layout(
            "marriage",
            "marriage_event",
            "csv",
            "gb18030",
            (
                "业务编号",
                "业务类型",
                "登记日期",
                "登记机关代码",
                "证书字号",
                "男方姓名",
                "男方身份证件号",
                "男方出生日期",
                "女方姓名",
                "女方身份证件号",
                "女方出生日期",
                "原证书字号",
                "操作",
                "更新时间",
            ),
            newline="\r\n",
        ),
        Layout(
            "funeral",
            "cremation",
            "xlsx",
            "utf-8",
            (
                "火化编号",
                "逝者姓名",
                "逝者身份证号",
                "性别",
                "死亡日期",
                "火化日期",
                "死亡证明编号",
                "逝者户籍区划",
                "殡仪馆代码",
                "承办人姓名",
                "承办人身份证号",
                "与逝者关系",
                "惠民减免金额",
                "操作",
            ),
            sheet="火化登记",
        ),
        Layout("assistance", "aid_household", "jsonl", "utf-8"),
        Layout(
            "assistance",
            "entitlement",
            "csv",
            "gb18030",
            (
                "待遇编号",
                "待遇类别",
                "姓名",
                "身份证号",
                "行政区划代码",
                "起始日期",
                "终止日期",
                "银行账号",
                "操作",
            ),
            newline="\r\n",
        ),
        Layout(
            "assistance",
            "payment",
            "csv",
            "gb18030",
            (
                "支付流水号",
                "业务编号",
                "待遇类别",
                "发放月份",
                "所属月份",
                "领款人姓名",
                "领款人身份证号",
                "金额",
                "银行账号",
                "发放日期",
                "发放状态",
                "行政区划代码",
            ),
            newline="\r\n",
            amount="金额",
        ),
        Layout(
            "assistance",
            "temporary_aid",
            "csv",
            "gb18030",
            (
                "救助编号",
                "救助类型",
                "姓名",
                "身份证号",
                "申请日期",
                "发放日期",
                "金额",
                "事由",
                "行政区划代码",
            ),
            newline="\r\n",
        ),
        Layout(
            "eldercare",
            "stay",
            "csv",
            "utf-8-sig",
            (
                "入住编号",
                "机构代码",
                "床位编码",
                "姓名",
                "身份证号",
                "性别",
                "入住日期",
                "离院日期",
                "能力等级",
                "费用来源",
                "操作",
            ),
        ),
        Layout(
            "shared",
            "disability_card",
            "csv",
            "utf-8",
            ("残疾人证号", "姓名", "残疾类别", "残疾等级", "签发日期", "有效期至", "状态"),
        ),
        Layout(
            "shared",
            "social_insurance",
            "txt",
            "utf-8",
            ("身份证号", "姓名", "险种", "状态", "月缴费基数", "月待遇", "单位名称", "所属月份", "财政供养"),
            separator="|",
        ),
        Layout(
            "shared",
            "vehicle",
            "csv",
            "gb18030",
            (
                "号牌号码",
                "车辆类型",
                "使用性质",
                "初次登记日期",
                "评估价(万元)",
                "车主姓名",
                "车主身份证号",
                "状态",
            ),
            newline="\r\n",
        ),
        Layout(
            "shared",
            "real_estate",
            "xlsx",
            "utf-8",
            (
                "不动产单元号",
                "权利人",
                "证件号",
                "共有情况",
                "份额",
                "面积(平方米)",
                "用途",
                "坐落",
                "登记日期",
                "状态",
            ),
            sheet="不动产",
        ),
        Layout("shared", "company", "jsonl", "utf-8"),
    )
}


class LinkFile:
    """truth/link.csv, one row per mention, written as the lines are."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8", newline="")
        self._writer = csv.writer(self._file, lineterminator="\n")
        self._writer.writerow(["feed", "delivery_date", "line", "role", "person_uid"])

    def add(self, feed: str, day: str, line: int, mentions: Mentions) -> None:
        for role, uid in mentions:
            self._writer.writerow([feed, day, line, role, uid])

    def close(self) -> None:
        self._file.close()


def write_delivery(out: Path, feed: str, day: date, mode: str, lines: Iterable[Line], links: LinkFile) -> int:
    """Write one delivery folder and its mentions; returns the number of data lines."""
    layout, stamp = LAYOUTS[feed], f"{day:%Y%m%d}"
    folder = out / layout.system / feed / stamp
    folder.mkdir(parents=True)
    delivery = f"{feed}_{stamp}_{mode}_01"
    path = folder / f"{delivery}.{layout.format}"
    tally = _Tally(layout, stamp, links)
    _WRITERS[layout.format](path, layout, tally.count(lines))
    manifest: dict[str, Any] = {
        "system": layout.system,
        "feed": feed,
        "delivery_id": delivery,
        "mode": mode,
        "business_date": day.isoformat(),
        "file": path.name,
        "format": layout.format,
        "encoding": layout.encoding,
        "rows": tally.rows,
        "sha256": sha256_of(path),
        "layout_version": 1,
    }
    if layout.amount:
        manifest["amount_total_yuan"] = f"{tally.cents / 100:.2f}"
    write_manifest(folder, manifest)
    return tally.rows


def write_manifest(folder: Path, manifest: dict[str, Any]) -> None:
    (folder / "manifest.json").write_text(
        json.dumps(manifest, ensure_ascii=False, indent=1), encoding="utf-8"
    )


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class _Tally:
    """Counts lines and money while they pass, and notes the mentions."""

    def __init__(self, layout: Layout, stamp: str, links: LinkFile) -> None:
        self.rows, self.cents = 0, 0
        self._layout, self._stamp, self._links = layout, stamp, links
        self._first = 1 if layout.format == "jsonl" else 2
        self._amount = layout.header.index(layout.amount) if layout.amount else None

    def count(self, lines: Iterable[Line]) -> Iterator[Any]:
        for cells, mentions in lines:
            self._links.add(self._layout.feed, self._stamp, self._first + self.rows, mentions)
            self.rows += 1
            if self._amount is not None and isinstance(cells, list):
                self.cents += round(float(cells[self._amount]) * 100)
            yield cells


def _write_text(path: Path, layout: Layout, rows: Iterator[list[Any]]) -> None:
    with path.open("w", encoding=layout.encoding, newline="") as file:
        writer = csv.writer(file, delimiter=layout.separator, lineterminator=layout.newline)
        writer.writerow(layout.header)
        writer.writerows(rows)


def _write_json(path: Path, layout: Layout, objects: Iterator[dict[str, Any]]) -> None:
    with path.open("w", encoding=layout.encoding, newline="\n") as file:
        file.writelines(json.dumps(entry, ensure_ascii=False) + "\n" for entry in objects)


def _write_workbook(path: Path, layout: Layout, rows: Iterator[list[Any]]) -> None:
    """Text as text, dates as dates; row by row, so that a big sheet needs little memory."""
    with xlsxwriter.Workbook(path, {"constant_memory": True, "strings_to_numbers": False}) as book:
        book.set_properties({"created": _WORKBOOK_CREATED})
        date_format = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet = book.add_worksheet(layout.sheet)
        sheet.write_row(0, 0, layout.header)
        for number, row in enumerate(rows, 1):
            for column, cell in enumerate(row):
                if isinstance(cell, date):
                    sheet.write_datetime(
                        number, column, datetime(cell.year, cell.month, cell.day), date_format
                    )
                elif isinstance(cell, str):
                    sheet.write_string(number, column, cell)
                elif cell is not None:
                    sheet.write_number(number, column, cell)


_WRITERS: dict[str, Callable[[Path, Layout, Iterator[Any]], None]] = {
    "csv": _write_text,
    "txt": _write_text,
    "jsonl": _write_json,
    "xlsx": _write_workbook,
}


def write_table(path: Path, header: list[str], rows: Iterable[list[str]]) -> None:
    """A plain comma-separated table of ours (reference and truth)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
