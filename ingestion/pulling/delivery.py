"""What was fetched, as a delivery in the inbox: the file first, its manifest last."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow
from pyarrow import parquet

from ingestion.contract import Contract
from ingestion.durable import put_in_place
from ingestion.errors import IngestionError
from ingestion.inbox import MANIFEST, Manifest, open_plain
from ingestion.pulling.plain import has_room, made, new_file

# In the folder of a feed; passed over by whoever looks into the inbox, because its name begins with a dot. What a
# killed extraction left in it is replaced by the next.
UNFINISHED = ".pulling"
# Whether there is room is looked at once for so many rows.
LOOK_ROWS = 1_000
# Read once, whole: dictionaries and statistics cost as much as all else, and the file is no smaller by them.
PLAIN: dict[str, Any] = {"use_dictionary": False, "write_statistics": False}


@dataclass(frozen=True)
class Written:
    """A file that is whole, not yet where anybody looks."""

    path: Path
    rows: int
    sha256: str


def write_table(
    folder: Path, contract: Contract, batches: Iterable[Sequence[pyarrow.StringArray]]
) -> Written:
    """As Parquet. folder: of the feed; batches: columns of texts, in the order of the contract's."""
    headers = [column.header for column in contract.columns]
    schema = pyarrow.schema([(header, pyarrow.string()) for header in headers])
    rows = 0
    with _unfinished(folder) as file, parquet.ParquetWriter(file, schema, **PLAIN) as writer:
        for columns in batches:
            _want_room(folder)
            writer.write_table(pyarrow.table(list(columns), schema=schema))
            rows += len(columns[0])
    return _written(folder, rows)


def write_lines(folder: Path, objects: Iterable[dict[str, object]]) -> Written:
    """As JSON Lines, in ASCII: half of a character stays what it is, for landing to judge."""
    rows = 0
    with _unfinished(folder) as file:
        for item in objects:
            if rows % LOOK_ROWS == 0:
                _want_room(folder)
            file.write(json.dumps(item).encode() + b"\n")
            rows += 1
    return _written(folder, rows)


@contextmanager
def _unfinished(folder: Path) -> Iterator[BinaryIO]:
    """Raises IngestionError where the inbox leads elsewhere."""
    made(folder, 2)
    with new_file(folder / UNFINISHED) as file:
        try:
            yield file
        except BaseException:  # its room is wanted
            (folder / UNFINISHED).unlink(missing_ok=True)
            raise


def _want_room(folder: Path) -> None:
    if not has_room(folder):
        raise IngestionError(
            "磁盘空间将尽，取数停止，没有写成交付。 The disk of the inbox is nearly full: fetching stopped, and "
            "nothing was delivered. Make room, or give the source fewer rows at a time, and fetch again."
        )


def _written(folder: Path, rows: int) -> Written:
    path = folder / UNFINISHED
    with open_plain(path) as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Written(path, rows, digest)


def deliver(contract: Contract, written: Written, day: date, mode: str, delivery_id: str) -> None:
    """Name the file, and write its manifest. Raises IngestionError where the inbox leads elsewhere."""
    folder = written.path.parent / f"{day:%Y%m%d}"
    made(folder, 3)
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
        }
    )
    put_in_place(written.path, folder / name)
    unfinished = folder / f".{MANIFEST}"
    with new_file(unfinished) as file:
        file.write(f"{manifest.model_dump_json(indent=2, exclude_none=True)}\n".encode())
    put_in_place(unfinished, folder / MANIFEST)
