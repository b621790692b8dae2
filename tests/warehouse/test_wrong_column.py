"""Cells of the wrong column: an identity number wherever none belongs stops nothing and is told nowhere."""

import csv
import hashlib
import io
import json
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from lab.simulator import generate
from warehouse.database.connection import Warehouse
from warehouse.pipeline.runs import accept, gate_deliveries, land, run

pytestmark = pytest.mark.builds

NUMBER = "11010519491231002X"  # the example of GB 11643
# A line in every column gets it; but for the control total, which would not add up any more.
LEFT_ALONE = {"金额"}


def _in_table(rows: list[dict]) -> None:
    columns = [column for column in rows[0] if column not in LEFT_ALONE]
    for column, row in zip(columns, rows[3::2], strict=False):
        row[column] = NUMBER


def _in_csv(content: bytes, encoding: str, delimiter: str = ",") -> bytes:
    rows = list(csv.DictReader(io.StringIO(content.decode(encoding), newline=""), delimiter=delimiter))
    _in_table(rows)
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(rows[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode(encoding)


def _in_jsonl(content: bytes, encoding: str) -> bytes:
    rows = [json.loads(line) for line in content.decode(encoding).splitlines()]
    nested = next(key for key, value in rows[0].items() if isinstance(value, list))
    within = [row[nested][0] for row in rows[len(rows) // 2 :] if row[nested]]
    for key, member in zip(list(within[0]), within, strict=False):
        member[key] = NUMBER
    for key, row in zip([key for key in rows[0] if key != nested], rows[3::2], strict=False):
        row[key] = NUMBER
    return "\n".join(json.dumps(row, ensure_ascii=False) for row in rows).encode(encoding)


def _in_xlsx(content: bytes, _: str) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(content))
    sheet = book.worksheets[0]
    for column in range(1, sheet.max_column + 1):
        sheet.cell(row=3 + 2 * column, column=column, value=NUMBER)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


SPOIL: dict[str, Callable[[bytes, str], bytes]] = {
    "csv": _in_csv,
    "txt": lambda content, encoding: _in_csv(content, encoding, "|"),
    "jsonl": _in_jsonl,
    "xlsx": _in_xlsx,
}


def _spoil(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    file = folder / manifest["file"]
    content = SPOIL[manifest["format"]](file.read_bytes(), manifest["encoding"] or "")
    file.write_bytes(content)
    manifest["sha256"] = hashlib.sha256(content).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def test_an_identity_number_in_any_column_stops_no_build(database: Warehouse, tmp_path: Path) -> None:
    generate(tmp_path, residents=600, seed=33, days=1)
    for manifest in sorted(tmp_path.rglob("manifest.json")):
        _spoil(manifest.parent)
    land(database, tmp_path)
    for held in gate_deliveries(database):  # lines enough, in so small a town, not to be believed
        accept(database, held.subject, "known")
    assert run(database, tmp_path).publication is not None
    with database.connect() as connection:
        told = connection.execute(
            """
            select count(*) filter (where evidence ->> 'facts' like %(masked)s),
                count(*) filter (where evidence ->> 'facts' like %(bare)s)
            from pub.current_finding
            """,
            {"masked": "%110105********002X%", "bare": f"%{NUMBER}%"},
        ).fetchone()
    assert told is not None
    assert told[0] > 0
    assert told[1] == 0
