"""Broken deliveries, off by default: two more days after the last, with one fault per delivery.

Each repeats lines of the first full delivery that no delta has changed, so a reader that loads it in
part learns nothing new. `truth/fault.csv` names the fault and, where it sits in one line, the line.
The truth keeps speaking of the last sound day.
"""

import csv
import json
import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from .parameters import Settings
from .writer import LAYOUTS, Layout, sha256_of, write_manifest, write_table

_LINES_KEPT = 40


def break_deliveries(out: Path, settings: Settings) -> int:
    """Write the broken days and truth/fault.csv; returns the number of faults."""
    rows = []
    for days_after, broken in enumerate((_FAULTS, _SECOND_FAULTS), 1):
        day = settings.as_of + timedelta(days=days_after)
        for feed, fault in broken.items():
            breaker = _Breaker(out, LAYOUTS[feed], settings, day)
            line = _BREAKERS[fault](breaker)
            breaker.link(out)
            rows.append([LAYOUTS[feed].system, feed, breaker.stamp, fault, "" if line is None else str(line)])
    write_table(out / "truth" / "fault.csv", ["system", "feed", "delivery_date", "fault", "line"], rows)
    return len(rows)


class _Breaker:
    """A delivery of the broken day: sound until one of the methods spoils it."""

    def __init__(self, out: Path, layout: Layout, settings: Settings, day: date) -> None:
        self.layout, self.stamp = layout, f"{day:%Y%m%d}"
        self.source_stamp, self.last_sound = f"{settings.first_day:%Y%m%d}", f"{settings.as_of:%Y%m%d}"
        feed_folder = out / layout.system / layout.feed
        source, folder = feed_folder / self.source_stamp, feed_folder / self.stamp
        folder.mkdir()
        self.manifest = json.loads((source / "manifest.json").read_text(encoding="utf-8"))
        delivery = f"{layout.feed}_{self.stamp}_delta_01"
        self.path = folder / f"{delivery}.{layout.format}"
        if layout.format == "xlsx":
            shutil.copy(source / self.manifest["file"], self.path)
            self.source_lines = list(range(1, self.manifest["rows"] + 2))
        else:
            self._copy_unchanged_lines(feed_folder, source / self.manifest["file"])
        self.manifest |= {
            "delivery_id": delivery,
            "mode": "delta",
            "business_date": day.isoformat(),
            "file": self.path.name,
        }

    def _copy_unchanged_lines(self, feed_folder: Path, full: Path) -> None:
        """The first lines of the full delivery whose key no delta has touched since."""
        changed = {
            self._key(line)
            for path in feed_folder.glob("*/*_delta_*")
            if path.parent.name <= self.last_sound
            for line in self._read(path)
        }
        header = 0 if self.layout.format == "jsonl" else 1
        lines = self._read(full)
        places = [n for n, line in enumerate(lines) if n < header or self._key(line) not in changed][
            :_LINES_KEPT
        ]
        self.lines = [lines[place] for place in places]
        self.source_lines = [place + 1 for place in places]
        self.manifest["rows"] = len(places) - header

    def _read(self, path: Path) -> list[str]:
        return path.read_bytes().decode(self.layout.encoding).split(self.layout.newline)[:-1]

    def _key(self, line: str) -> str:
        """Enough of a line to tell records apart: the first two cells."""
        return self.layout.separator.join(line.split(self.layout.separator, 2)[:2])

    def link(self, out: Path) -> None:
        """The mentions of the copied lines."""
        path = out / "truth" / "link.csv"
        prefix = f"{self.layout.feed},{self.source_stamp},"
        mentions: dict[int, list[str]] = {}
        with path.open(encoding="utf-8") as file:
            for row in file:
                if row.startswith(prefix):
                    line, rest = row[len(prefix) :].split(",", 1)
                    mentions.setdefault(int(line), []).append(rest)
        with path.open("a", encoding="utf-8", newline="") as file:
            for number, source_line in enumerate(self.source_lines, 1):
                file.writelines(
                    f"{self.layout.feed},{self.stamp},{number},{rest}"
                    for rest in mentions.get(source_line, [])
                )

    def save(self, encoding: str = "") -> None:
        """Write the file and a manifest that agrees with it."""
        if self.layout.format != "xlsx":
            text = self.layout.newline.join(self.lines) + self.layout.newline
            self.path.write_bytes(text.encode(encoding or self.layout.encoding))
        self.manifest["sha256"] = sha256_of(self.path)
        if self.layout.amount:
            place = self.layout.header.index(self.layout.amount)
            total = sum(float(row[place]) for row in csv.reader(self.lines[1:]) if _is_amount(row, place))
            self.manifest["amount_total_yuan"] = f"{total:.2f}"
        write_manifest(self.path.parent, self.manifest)

    def change_cell(self, line: int, column: str, value: str) -> None:
        row = self.lines[line - 1].split(self.layout.separator)
        row[self.layout.header.index(column)] = value
        self.lines[line - 1] = self.layout.separator.join(row)


def _is_amount(row: list[str], place: int) -> bool:
    return len(row) > place and row[place].replace(".", "", 1).isdigit()


def _missing_manifest(breaker: _Breaker) -> None:
    breaker.save()
    (breaker.path.parent / "manifest.json").unlink()


def _wrong_checksum(breaker: _Breaker) -> None:
    breaker.save()
    breaker.manifest["sha256"] = "0" * 64
    write_manifest(breaker.path.parent, breaker.manifest)


def _wrong_row_count(breaker: _Breaker) -> None:
    breaker.manifest["rows"] += 7
    breaker.save()


def _missing_column(breaker: _Breaker) -> None:
    breaker.lines = [line.rsplit(breaker.layout.separator, 1)[0] for line in breaker.lines]
    breaker.save()


def _wrong_encoding(breaker: _Breaker) -> None:
    breaker.save("gb18030" if breaker.layout.encoding.startswith("utf") else "utf-8")


def _wrong_field_count(breaker: _Breaker) -> int:
    breaker.lines[5] += breaker.layout.separator + "多余"
    breaker.save()
    return 6


def _nul_byte(breaker: _Breaker) -> int:
    line = breaker.lines[7]
    breaker.lines[7] = line[:10] + "\0" + line[10:]
    breaker.save()
    return 8


def _bad_date(breaker: _Breaker) -> int:
    breaker.change_cell(4, {"entitlement": "起始日期", "stay": "入住日期"}[breaker.layout.feed], "2025-02-30")
    breaker.save()
    return 4


def _bad_amount(breaker: _Breaker) -> int:
    breaker.change_cell(9, "金额", "壹仟元整")
    breaker.save()
    return 9


_BREAKERS: dict[str, Callable[[_Breaker], int | None]] = {
    "missing_manifest": _missing_manifest,
    "wrong_sha256": _wrong_checksum,
    "wrong_row_count": _wrong_row_count,
    "missing_column": _missing_column,
    "wrong_encoding": _wrong_encoding,
    "wrong_field_count": _wrong_field_count,
    "nul_byte": _nul_byte,
    "unparsable_date": _bad_date,
    "unparsable_amount": _bad_amount,
}
#: Faults of the first broken day and of the day after.
_FAULTS = {
    "population": "wrong_encoding",
    "marriage_event": "missing_column",
    "cremation": "wrong_row_count",
    "aid_household": "wrong_sha256",
    "entitlement": "missing_manifest",
    "payment": "unparsable_amount",
    "stay": "unparsable_date",
}
_SECOND_FAULTS = {"population": "wrong_field_count", "entitlement": "unparsable_date", "payment": "nul_byte"}
