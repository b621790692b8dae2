"""What was fetched, as a delivery in the inbox: the file first, its manifest last."""

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import BinaryIO

import pyarrow
from pyarrow import parquet

from ingestion.contract import Contract
from ingestion.inbox import MANIFEST, Manifest

# Of the amount's own unit to yuan.
_YUAN = {"yuan": Decimal(1), "wan_yuan": Decimal(10_000), "fen": Decimal("0.01")}
# Passed over by whoever looks into the inbox: its name begins with a dot.
UNFINISHED = ".unfinished"


@dataclass(frozen=True)
class Written:
    """A file that is whole, not yet named. total: of the contract's control column, in yuan; null where it has none."""

    path: Path
    rows: int
    total: Decimal | None
    sha256: str


Batch = Sequence[Sequence[str | None]]


def write_table(folder: Path, contract: Contract, batches: Iterable[Batch]) -> Written:
    """As Parquet. batches: columns of texts, in the order of the contract's."""
    headers = [column.header for column in contract.columns]
    schema = pyarrow.schema([(header, pyarrow.string()) for header in headers])
    total = _Total(contract)
    rows = 0
    with _unfinished(folder) as file, parquet.ParquetWriter(file, schema) as writer:
        for columns in batches:
            arrays = [pyarrow.array(texts, pyarrow.string()) for texts in columns]
            writer.write_table(pyarrow.table(arrays, schema=schema))
            rows += len(columns[0])
            total.add(columns)
    return _written(folder, rows, total.yuan)


def write_lines(folder: Path, contract: Contract, objects: Iterable[dict[str, object]]) -> Written:
    """As JSON Lines."""
    rows = 0
    with _unfinished(folder) as file:
        for item in objects:
            file.write(json.dumps(item, ensure_ascii=False).encode() + b"\n")
            rows += 1
    return _written(folder, rows, None)


@contextmanager
def _unfinished(folder: Path) -> Iterator[BinaryIO]:
    """On disk once it is left; what a killed extraction left is written over."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / UNFINISHED, "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def _written(folder: Path, rows: int, total: Decimal | None) -> Written:
    path = folder / UNFINISHED
    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Written(path, rows, total, digest)


def deliver(
    contract: Contract,
    written: Written,
    day: date,
    mode: str,
    sequence_no: int,
    keep: Callable[[str, str], object],
) -> str:
    """Name the file and write its manifest; the delivery's id. keep: told id and digest before anybody can see it."""
    folder = written.path.parent
    delivery_id = f"{contract.feed}_{day:%Y%m%d}_{mode}_{sequence_no:02d}"
    name = f"{delivery_id}.{contract.file.format}"
    manifest = Manifest.model_validate(
        {
            "system": contract.system,
            "feed": contract.feed,
            "delivery_id": delivery_id,
            "mode": mode,
            "business_date": day,
            "file": name,
            "format": contract.file.format,
            "encoding": None if contract.file.format == "parquet" else "utf-8",
            "rows": written.rows,
            "sha256": written.sha256,
            "layout_version": max(contract.layout_versions),
            "amount_total_yuan": written.total,
        }
    )
    keep(delivery_id, written.sha256)
    written.path.rename(folder / name)
    unfinished = folder / f".{MANIFEST}"
    unfinished.write_text(manifest.model_dump_json(indent=2, exclude_none=True) + "\n", encoding="utf-8")
    unfinished.replace(folder / MANIFEST)
    return delivery_id


class _Total:
    """Sum of the control column, as landing adds it up: what is no number adds nothing."""

    def __init__(self, contract: Contract) -> None:
        names = contract.column_names
        self._place = names.index(contract.control_total) if contract.control_total else None
        kind = contract.column(contract.control_total).type if contract.control_total else "yuan"
        self._factor = _YUAN.get(kind, Decimal(1))
        self._sum = Decimal(0)

    def add(self, columns: Batch) -> None:
        if self._place is None:
            return
        for text in columns[self._place]:
            try:
                self._sum += Decimal(text or 0)
            except InvalidOperation:
                continue

    @property
    def yuan(self) -> Decimal | None:
        return None if self._place is None else (self._sum * self._factor).quantize(Decimal("0.01"))
