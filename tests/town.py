"""The invented town that is made, landed and built once, for all tests that need a whole one."""

import csv
import hashlib
import json
import shutil
from collections.abc import Callable
from datetime import date
from functools import cached_property
from itertools import pairwise
from pathlib import Path

from templates import Templates

from lab.simulator import generate
from warehouse.database.connection import Warehouse
from warehouse.pipeline import build
from warehouse.pipeline.build import STEPS
from warehouse.pipeline.runs import gate_deliveries, land

THROUGH = date(2025, 6, 26)
LATER = ("20250627", "20250628", "20250630")
BUILD_NO = 1
# Every how many lines one is gone from the full deliveries of the last day: of more the gate would not believe it.
CLOSED = {
    "register/population": 40,
    "shared/vehicle": 25,
    "assistance/entitlement": 25,
    "assistance/aid_household": 25,
}
# A date that cannot be read in some lines of a later full delivery: the record is named all the same.
SPOILED = {"register/population": "出生日期"}
FUNCTIONS: dict[str, Callable[..., object]] = {
    "stage": lambda database, _: build.stage(database),
    "link": build.link,
    "derive": build.derive,
    "judge": build.judge,
    "publish": build.publish,
}


class Town:
    """Folders are only to be read, databases only to be copied."""

    def __init__(self, templates: Templates) -> None:
        self.templates = templates

    @cached_property
    def _deliveries(self) -> Path:
        return self.templates.folder("town", _write_deliveries)

    @property
    def inbox(self) -> Path:
        """What is landed and built: two days, of payments also to others than the entitled."""
        return self._deliveries / "inbox"

    @property
    def later(self) -> Path:
        """What comes afterwards: two days of deltas, then full deliveries in which a few records are gone."""
        return self._deliveries / "later"

    def after(self, step: str) -> Warehouse:
        """Template of the town as a step left it; ``land`` is the state before the first."""
        if step == "land":
            return self.templates.made_once("town_land", self._land)
        former = next(before for before, after in pairwise(("land", *STEPS)) if after == step)
        source = self.after(former)
        return self.templates.made_once(
            f"town_{step}", lambda database: FUNCTIONS[step](database, BUILD_NO), source
        )

    def _land(self, database: Warehouse) -> None:
        assert [delivery for delivery in land(database, self.inbox) if delivery.outcome != "landed"] == []
        assert gate_deliveries(database) == []


def _write_deliveries(root: Path) -> None:
    inbox, later = root / "inbox", root / "later"
    generate(inbox, residents=500, seed=21, days=4, defects=0.3)
    for day in ("20250626", "20250627"):
        _exchange_payees(inbox / "assistance" / "payment" / day)
    for place, step in CLOSED.items():
        first = sorted((inbox / place).iterdir())[0]
        deliver_again(first, first.with_name("20250630"), step, SPOILED.get(place))
    for folder in [folder for day in LATER for folder in inbox.glob(f"*/*/{day}")]:
        move(folder, later / folder.relative_to(inbox))


def move(folder: Path, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(folder, place)


def deliver(folder: Path, inbox: Path) -> None:
    """Copies a delivery's folder (``<system>/<feed>/<day>``) into an inbox."""
    shutil.copytree(folder, inbox.joinpath(*folder.parts[-3:]))


def _exchange_payees(folder: Path) -> None:
    """Every second line is paid to the person of the line before: a guardian or carer of somebody entitled."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    file = folder / manifest["file"]
    with file.open(encoding=manifest["encoding"], newline="") as lines:
        rows = list(csv.DictReader(lines))
    for before, row in zip(rows[::2], rows[1::2], strict=False):
        row |= {column: before[column] for column in ("领款人姓名", "领款人身份证号")}
    with file.open("w", encoding=manifest["encoding"], newline="") as out:
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    manifest["sha256"] = hashlib.sha256(file.read_bytes()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def deliver_again(folder: Path, later: Path, step: int, spoiled: str | None = None, rest: int = 0) -> None:
    """The full delivery of a folder again on a later day, without every ``step``-th line.

    rest: which of every ``step`` lines. spoiled: column that cannot be read in some of those that stay.
    """
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["mode"] == "full"
    lines = (folder / manifest["file"]).read_bytes().splitlines(keepends=True)
    head = 0 if manifest["format"] == "jsonl" else 1
    kept = [line for number, line in enumerate(lines) if number < head or number % step != rest]
    if spoiled:
        table = [line.decode(manifest["encoding"]).split(",") for line in kept]
        for row in table[10::100]:
            row[table[0].index(spoiled)] = "不详"
        kept = [",".join(row).encode(manifest["encoding"]) for row in table]
    delivery_id = manifest["delivery_id"].replace(folder.name, later.name)
    manifest |= {
        "delivery_id": delivery_id,
        "business_date": f"{later.name[:4]}-{later.name[4:6]}-{later.name[6:]}",
        "file": manifest["file"].replace(folder.name, later.name),
        "rows": len(kept) - head,
        "sha256": hashlib.sha256(b"".join(kept)).hexdigest(),
    }
    later.mkdir(parents=True)
    (later / manifest["file"]).write_bytes(b"".join(kept))
    (later / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
