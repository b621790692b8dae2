"""Makes tiny deliveries in the given layouts, right by default and wrong where a test wants it."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl

from ingestion.contract import Contract, load_contracts
from ingestion.landing import DeliveryResult

CONTRACTS = load_contracts()
DAY = date(2025, 6, 25)
# The fixture `land`: lands the inbox and asserts the invariants.
Land = Callable[[], list[DeliveryResult]]

# Planted people: synthetic, and in no message, ever.
MARKER_NUMBER = "420202199001011231"
MARKER_NAME = "欧阳𠮷样"  # a four-byte character
MARKER_ACCOUNT = "6222000011112222333"
MARKERS = (MARKER_NUMBER, MARKER_NAME, MARKER_ACCOUNT)

_TYPICAL: dict[str, str] = {
    "date": "2025-06-01", "month": "202506", "instant": "2025-06-25 02:00:00", "yuan": "725.00",
    "wan_yuan": "4.20", "number": "88.5", "share": "100%", "id_number": MARKER_NUMBER, "name": MARKER_NAME,
    "end_date": "2030-12-31", "division": "420202",
}  # fmt: skip


def line(feed: str, number: int, **values: Any) -> dict[str, Any]:
    """The n-th line of a feed by column name, plausible in every column; values override."""
    contract = CONTRACTS[feed]
    made: dict[str, Any] = {}
    for column in contract.columns:
        if contract.operation and column.name == contract.operation.column:
            made[column.name] = contract.operation.insert[0]
        elif column.codes:
            made[column.name] = next(iter(column.codes))
        elif column.type == "nested":
            made[column.name] = [
                {item.header: _TYPICAL.get(item.type, "无") for item in column.items} for _ in range(2)
            ]
        elif column.classification == "account":
            made[column.name] = MARKER_ACCOUNT
        else:
            made[column.name] = _TYPICAL.get(column.type, f"{column.title}{number}")
        if column.key_position == 1:
            made[column.name] = str(420200 + number) if column.type == "division" else f"K{number:08d}"
    for name in ("stopped_on", "ended_on", "left_on", "original_certificate_no", "valid_to"):
        if name in made:
            made[name] = None
    return made | values


def encode(
    contract: Contract, lines: Sequence[Mapping[str, Any]], header: Sequence[str] | None = None
) -> bytes:
    """The bytes of a CSV, TXT or JSON Lines file; ``header`` names the columns in another order."""
    if contract.file.format == "jsonl":
        objects = [{column.header: values[column.name] for column in contract.columns} for values in lines]
        return "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in objects).encode()
    names = list(header or contract.column_of_header)
    end = "\r\n" if contract.file.encoding == "gb18030" else "\n"
    delimiter = contract.file.delimiter or ","
    rows = [names] + [
        [
            "" if (value := values[contract.column_of_header[name].name]) is None else str(value)
            for name in names
        ]
        for values in lines
    ]
    return "".join(delimiter.join(row) + end for row in rows).encode(contract.file.encoding)


def write_workbook(path: Path, sheet: str, rows: Sequence[Sequence[Any]]) -> None:
    workbook = openpyxl.Workbook()
    page = workbook.active
    assert page is not None
    page.title = sheet
    for row in rows:
        page.append(list(row))
    workbook.save(path)


class SmallInbox:
    """An inbox below a folder. Every ``add`` is a delivery with its manifest."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)

    def folder(self, feed: str, day: date = DAY) -> Path:
        folder = self.root / CONTRACTS[feed].system / feed / f"{day:%Y%m%d}"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def add(
        self,
        feed: str,
        lines: Sequence[Mapping[str, Any]],
        *,
        day: date = DAY,
        mode: str = "full",
        number: int = 1,
        header: Sequence[str] | None = None,
        content: bytes | None = None,
        rows: Sequence[Sequence[Any]] | None = None,
        states: Mapping[str, Any] | None = None,
    ) -> Path:
        """Write a delivery and return its data file.

        content replaces the bytes of the file, rows (with header) those of a workbook; states
        replaces keys of the manifest, ``None`` removes them.
        """
        contract = CONTRACTS[feed]
        stem = f"{feed}_{day:%Y%m%d}_{mode}_{number:02d}"
        path = self.folder(feed, day) / f"{stem}.{contract.file.format}"
        if content is not None:
            path.write_bytes(content)
        elif contract.file.format == "xlsx":
            cells = rows or [
                [column.header for column in contract.columns],
                *[[self._cell(values[column.name]) for column in contract.columns] for values in lines],
            ]
            write_workbook(path, contract.file.sheet or "", cells)
        else:
            path.write_bytes(encode(contract, lines, header))
        stated: dict[str, Any] = {
            "system": contract.system, "feed": feed, "delivery_id": stem, "mode": mode,
            "business_date": day.isoformat(), "file": path.name, "format": contract.file.format,
            "encoding": contract.file.encoding, "rows": len(lines),
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "layout_version": 1,
        }  # fmt: skip
        if contract.control_total:
            stated["amount_total_yuan"] = str(sum(_amount(item[contract.control_total]) for item in lines))
        stated |= states or {}
        kept = {key: value for key, value in stated.items() if value is not None}
        (path.parent / "manifest.json").write_text(json.dumps(kept, ensure_ascii=False), encoding="utf-8")
        return path

    @staticmethod
    def _cell(value: Any) -> Any:
        """Dates as real date cells, as Excel writes them."""
        try:
            return datetime.fromisoformat(value) if isinstance(value, str) and len(value) == 10 else value
        except ValueError:
            return value


def _amount(value: str) -> Decimal:
    try:
        return Decimal(value)
    except ArithmeticError:
        return Decimal(0)
