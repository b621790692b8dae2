"""Deliveries of any size, in the layouts of the feeds. Everybody in them is invented."""

import csv
import hashlib
import json
import random
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import xlsxwriter

from ingestion.contract import Column, Contract
from ingestion.inbox import Delivery

DAY = date(2025, 6, 25)
FAMILY_NAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜"
GIVEN_NAMES = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华建国志红玉兰"


def write(
    contract: Contract, rows: int, folder: Path, day: date = DAY, changed_every: int | None = None
) -> Delivery:
    """A full delivery of ``rows`` lines of a feed, and what its manifest would say.

    changed_every: one of so many lines differs from what it would be without.
    """
    path = folder / f"{contract.feed}_{day:%Y%m%d}_full_01.{contract.file.format}"
    lines = _lines(contract, rows, changed_every)
    if contract.file.format == "xlsx":
        _write_workbook(contract, lines, path)
    elif contract.file.format == "jsonl":
        with path.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    else:
        with path.open("w", encoding=contract.file.encoding, newline="") as file:
            writer = csv.DictWriter(file, list(contract.column_of_header), lineterminator="\r\n")
            writer.writeheader()
            writer.writerows(lines)
    with path.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    total = None
    if contract.control_total is not None:
        header = contract.column(contract.control_total).header
        total = sum(
            (Decimal(str(line[header])) for line in _lines(contract, rows, changed_every)), Decimal(0)
        )
    return Delivery(
        contract.system, contract.feed, path.stem, day, "full", 1, path, contract.file.encoding, rows,
        digest, 1, total,
    )  # fmt: skip


def _lines(contract: Contract, rows: int, changed_every: int | None) -> Iterator[dict[str, object]]:
    """The same lines every time they are asked for."""
    chance = random.Random(contract.feed)
    last = contract.columns[-1].header
    for number in range(rows):
        line = {column.header: _value(column, number, chance) for column in contract.columns}
        if changed_every and number % changed_every == 0:
            line[last] = f"{line[last]}改"
        yield line


def _value(column: Column, number: int, chance: random.Random) -> object:
    if column.key_position == 1:
        return f"{column.name[:2].upper()}{number:012d}"
    if column.codes:
        return chance.choice(list(column.codes))
    match column.type:
        case "nested":
            return [{item.header: _value(item, number, chance) for item in column.items} for _ in range(2)]
        case "month":
            return f"2025{chance.randint(1, 6):02d}"
        case "date":
            return f"2025-{chance.randint(1, 6):02d}-{chance.randint(1, 28):02d}"
        case "instant":
            return f"2025-06-{chance.randint(1, 25):02d} 02:00:00"
        case "yuan" | "wan_yuan" | "number":
            # Mostly a standard times a few people, as the simulator pays.
            return f"{chance.randint(20, 2000) * 2.5:.2f}"
        case "share":
            return "100%"
        case "name":
            return chance.choice(FAMILY_NAMES) + "".join(chance.choices(GIVEN_NAMES, k=chance.randint(1, 2)))
        case "id_number":
            return (
                f"{chance.randint(420200, 420282)}{chance.randint(1940, 2015)}{chance.randint(1, 12):02d}"
                f"{chance.randint(1, 28):02d}{chance.randint(0, 9999):04d}"
            )
    if column.classification == "account":
        return f"622848{chance.randint(0, 10**13 - 1):013d}"
    return f"{column.title}{chance.randint(1, 999)}"


def _write_workbook(contract: Contract, lines: Iterator[dict[str, object]], path: Path) -> None:
    with xlsxwriter.Workbook(path, {"constant_memory": True, "strings_to_formulas": False}) as workbook:
        sheet = workbook.add_worksheet(contract.file.sheet)
        sheet.write_row(0, 0, list(contract.column_of_header))
        for row, line in enumerate(lines, 1):
            sheet.write_row(row, 0, list(line.values()))
