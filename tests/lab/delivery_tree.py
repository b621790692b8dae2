"""Reads a delivery tree back, as a consumer would; knows nothing of the writer."""

import csv
import json
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import openpyxl


class Row(NamedTuple):
    """One data line as a consumer sees it."""

    day: str
    line: int
    cells: dict[str, Any]


class Tree:
    """A delivery tree with its truth."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def manifests(self) -> Iterator[tuple[Path, dict[str, Any]]]:
        for path in sorted(self.root.glob("*/*/*/manifest.json")):
            yield path.parent, json.loads(path.read_text(encoding="utf-8"))

    def deliveries(self, feed: str) -> Iterator[tuple[Path, dict[str, Any]]]:
        return ((folder, manifest) for folder, manifest in self.manifests() if manifest["feed"] == feed)

    def rows(self, feed: str) -> list[Row]:
        """All data lines of a feed, in the order of days and lines."""
        if feed not in self._rows:
            self._rows[feed] = [
                Row(folder.name, number, cells)
                for folder, manifest in self.deliveries(feed)
                for number, cells in read_lines(folder / manifest["file"], manifest)
            ]
        return self._rows[feed]

    def latest(self, feed: str, *key: str) -> list[Row]:
        """The latest version by key; revoked records are gone. 更新时间 wins over the order of lines."""
        versions: dict[tuple[Any, ...], Row] = {}
        for row in self.rows(feed):
            place = tuple(row.cells[column] for column in key)
            if place not in versions or row.cells.get("更新时间", "") >= versions[place].cells.get(
                "更新时间", ""
            ):
                versions[place] = row
        return [row for row in versions.values() if row.cells.get("操作") != "作废"]

    def person(self, feed: str, row: Row, role: str = "person") -> str:
        """Who is meant, by truth/link.csv."""
        return self.links[feed, row.day, row.line][role]

    def truth(self, table: str) -> list[dict[str, str]]:
        with (self.root / "truth" / f"{table}.csv").open(encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def hits(self, rule: str) -> list[dict[str, str]]:
        return [row for row in self.truth("anomaly") if row["rule_code"] == rule and row["label"] == "hit"]

    @cached_property
    def links(self) -> dict[tuple[str, str, int], dict[str, str]]:
        links: dict[tuple[str, str, int], dict[str, str]] = defaultdict(dict)
        for row in self.truth("link"):
            roles = links[row["feed"], row["delivery_date"], int(row["line"])]
            assert row["role"] not in roles, "a role is linked twice"
            roles[row["role"]] = row["person_uid"]
        return links

    @cached_property
    def people(self) -> dict[str, dict[str, str]]:
        return {row["person_uid"]: row for row in self.truth("person")}

    @cached_property
    def _rows(self) -> dict[str, list[Row]]:
        return {}


def read_lines(path: Path, manifest: dict[str, Any]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Line numbers as in the file, and the cells by header."""
    match manifest["format"]:
        case "csv" | "txt":
            with path.open(encoding=manifest["encoding"], newline="") as file:
                yield from enumerate(
                    csv.DictReader(file, delimiter="|" if manifest["format"] == "txt" else ","), 2
                )
        case "jsonl":
            with path.open(encoding=manifest["encoding"]) as file:
                yield from enumerate(map(json.loads, file), 1)
        case "xlsx":
            header, *rows = openpyxl.load_workbook(path, read_only=True).active.iter_rows(values_only=True)
            yield from ((number, dict(zip(header, row, strict=True))) for number, row in enumerate(rows, 2))
