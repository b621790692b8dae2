"""A day on which every feed changes a share of its lines, made of the full deliveries of a simulated town.

The simulator's own days bring news of few feeds and, of payments, of most cases; here each feed has the
same share of its lines changed in one figure, as a correction.
"""

import csv
import hashlib
import io
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl

Line = dict[str, Any]


def _more(column: str, by: float) -> Callable[[Line], Line]:
    """The change of a line: a figure that is there grows by so much."""
    return lambda line: {column: f"{float(line[column]) + by:.2f}"} if line[column] not in (None, "") else {}


# By feed: the columns of a line that are written otherwise.
CHANGES: dict[str, Callable[[Line], Line]] = {
    "aid_household": lambda line: {"月保障金额": line["月保障金额"] + 1},
    "company": lambda line: {"注册资本万元": line["注册资本万元"] + 1},
    "cremation": lambda line: {"惠民减免金额": (line["惠民减免金额"] or 0) + 1},
    "disability_card": lambda line: {"残疾等级": "1" if line["残疾等级"] == "2" else "2"},
    "entitlement": lambda line: {"银行账号": f"{line['银行账号']}0"},
    "marriage_event": lambda line: {"登记机关代码": f"{line['登记机关代码'][:6]}09"},
    "payment": _more("金额", 1),
    "population": lambda line: {"户籍地址": f"{line['户籍地址']}旁", "变动类型": "更正"},
    "real_estate": lambda line: {"面积(平方米)": line["面积(平方米)"] + 1},
    "social_insurance": lambda line: _more("月缴费基数", 10)(line) or _more("月待遇", 10)(line),
    "stay": lambda line: {"能力等级": "1" if line["能力等级"] == "2" else "2"},
    "temporary_aid": _more("金额", 1),
    "vehicle": _more("评估价(万元)", 0.1),
}


def change(inbox: Path, out: Path, day: date, share: float) -> int:
    """Write a delta of a day for every feed that delivered in full to an inbox: each line of a share of its lines
    with one figure changed. Returns how many lines were written."""
    step, written = round(1 / share), 0
    for path in sorted(inbox.glob("*/*/*/manifest.json")):
        manifest = json.loads(path.read_text(encoding="utf-8"))
        if manifest["mode"] != "full" or manifest["feed"] not in CHANGES:
            continue
        lines = _read(path.with_name(manifest["file"]), manifest)
        changed = [_changed(line, manifest["feed"], day) for line in lines[step // 2 :: step]]
        name = f"{manifest['feed']}_{day:%Y%m%d}_delta_09"
        folder = out / manifest["system"] / manifest["feed"] / f"{day:%Y%m%d}"
        folder.mkdir(parents=True)
        content = _written(list(lines[0]), changed, manifest)
        manifest |= {
            "delivery_id": name,
            "mode": "delta",
            "business_date": f"{day}",
            "file": f"{name}.{manifest['format']}",
            "rows": len(changed),
            "sha256": hashlib.sha256(content).hexdigest(),
        }
        if "amount_total_yuan" in manifest:
            manifest["amount_total_yuan"] = f"{sum(float(line['金额']) for line in changed):.2f}"
        (folder / manifest["file"]).write_bytes(content)
        (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
        written += len(changed)
    return written


def _changed(line: Line, feed: str, day: date) -> Line:
    news = CHANGES[feed](line)
    if "操作" in line:
        news["操作"] = "修改"
    if "更新时间" in line:
        news["更新时间"] = f"{day}{line['更新时间'][10:]}"
    if "变动日期" in line:
        news["变动日期"] = f"{day}"
    return line | news


def _separator(manifest: dict[str, Any]) -> str:
    return "|" if manifest["format"] == "txt" else ","


def _read(file: Path, manifest: dict[str, Any]) -> list[Line]:
    if manifest["format"] == "xlsx":
        sheet = openpyxl.load_workbook(file, read_only=True).worksheets[0]
        head, *rows = sheet.iter_rows(values_only=True)
        return [dict(zip(map(str, head), row, strict=True)) for row in rows]
    with file.open(encoding=manifest["encoding"], newline="") as opened:
        if manifest["format"] == "jsonl":
            return [json.loads(line) for line in opened]
        return list(csv.DictReader(opened, delimiter=_separator(manifest)))


def _written(head: list[str], lines: list[Line], manifest: dict[str, Any]) -> bytes:
    if manifest["format"] == "xlsx":
        book = openpyxl.Workbook()
        assert book.active is not None
        book.active.append(head)
        for line in lines:
            book.active.append(list(line.values()))
        bytes_out = io.BytesIO()
        book.save(bytes_out)
        return bytes_out.getvalue()
    text = io.StringIO(newline="")
    if manifest["format"] == "jsonl":
        text.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    else:
        writer = csv.DictWriter(text, head, delimiter=_separator(manifest))
        writer.writeheader()
        writer.writerows(lines)
    return text.getvalue().encode(manifest["encoding"])
