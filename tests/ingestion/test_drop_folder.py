"""Senders that make no manifests: files known by their names and digests, whole when they say so."""

import io
import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
import xlwt
from invariants import check_invariants, fingerprint
from own_layouts import FEED, SYSTEM, column, contract, key

from ingestion import layout as layout_module
from ingestion.contract import Contract
from ingestion.landing import DeliveryResult, land_inbox, replay

COLUMNS = [key("no"), column("value")]
KINDS = [{"pattern": "Q{YYYYMMDD}.csv", "mode": "full"}, {"pattern": "B{YYYYMMDD}_{n}.csv", "mode": "delta"}]


@dataclass
class Drop:
    """The folder of a feed. Every landing is checked, and a second one changes nothing."""

    db: psycopg.Connection
    root: Path
    contracts: dict[str, Contract] = field(default_factory=dict)

    def agree(self, file_format: str = "csv", feed: str = FEED, **words: Any) -> None:
        words = {"completeWhen": {"unchangedSeconds": 0}, "files": KINDS} | words
        if file_format == "csv":
            words = {"delimiter": ","} | words
        made = contract(self.root.parent / "contracts", file_format, COLUMNS, feed, **words)
        self.contracts[feed] = made
        self.folder(feed).mkdir(parents=True, exist_ok=True)

    def folder(self, feed: str = FEED) -> Path:
        return self.root / SYSTEM / feed

    def lay(self, name: str, content: bytes | Mapping[str, str], feed: str = FEED) -> Path:
        """content: bytes, or key to value of a CSV."""
        if not isinstance(content, bytes):
            content = "".join(f"{no},{value}\n" for no, value in {"no": "value", **content}.items()).encode()
        path = self.folder(feed) / name
        path.write_bytes(content)
        return path

    def land(self, **options: Any) -> list[DeliveryResult]:
        results = land_inbox(self.db, self.contracts, self.root, **options)
        check_invariants(self.db)
        return results

    def outcomes(self, **options: Any) -> list[tuple[str, str | None]]:
        return [(result.outcome, result.reason_code) for result in self.land(**options)]

    def landed(self) -> list[tuple[str, str, int]]:
        return self.db.execute(
            "select file_name, mode, sequence_no from ops.delivery order by business_date, mode <> 'full', sequence_no"
        ).fetchall()


@pytest.fixture
def drop(db: psycopg.Connection, tmp_path: Path) -> Drop:
    made = Drop(db, tmp_path / "inbox")
    made.agree()
    return made


def test_files_land_once_in_their_order(drop: Drop) -> None:
    drop.lay("B20250602_10.csv", {"1": "c"})
    drop.lay("B20250602_9.csv", {"1": "b"})
    drop.lay("Q20250602.csv", {"1": "a"})
    drop.lay("B20250601_1.csv", {"1": "z"})
    assert [result.outcome for result in drop.land()] == ["landed"] * 4
    assert drop.landed() == [
        ("B20250601_1.csv", "delta", 101), ("Q20250602.csv", "full", 1),
        ("B20250602_9.csv", "delta", 901), ("B20250602_10.csv", "delta", 1001),
    ]  # fmt: skip
    before = fingerprint(drop.db)
    assert {result.outcome for result in drop.land()} == {"skipped"}
    os.utime(drop.folder() / "Q20250602.csv")
    assert {result.outcome for result in drop.land()} == {"skipped"}
    assert fingerprint(drop.db) == before


def test_other_content_under_a_name_is_a_correction(drop: Drop) -> None:
    drop.lay("B20250602_1.csv", {"1": "a"})
    drop.lay("B20250602_2.csv", {"1": "b"})
    first = drop.land()
    assert [result.notice for result in first] == [None, None]
    drop.lay("B20250602_1.csv", {"1": "c", "2": "d"})
    notices = [result.notice for result in drop.land() if result.outcome == "landed"]
    assert notices == ["B20250602_1.csv: corrects what was landed under this name before."]
    drop.lay("B20250602_1.csv", {"1": "a"})
    assert [result.outcome for result in drop.land()] == ["landed", "skipped"]
    assert [result.outcome for result in drop.land()] == ["skipped", "skipped"]
    assert drop.landed() == [
        ("B20250602_1.csv", "delta", 101), ("B20250602_1.csv", "delta", 102), ("B20250602_1.csv", "delta", 103),
        ("B20250602_2.csv", "delta", 201),
    ]  # fmt: skip


def test_corrections_come_to_an_end(drop: Drop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingestion.next_version.MOST_VERSIONS", 3)
    for value in "ab":
        drop.lay("Q20250602.csv", {"1": value})
        assert drop.outcomes() == [("landed", None)]
    drop.lay("Q20250602.csv", {"1": "c"})
    assert drop.outcomes() == [("rejected", "too_many_versions")]
    assert layout_module.MOST_VERSIONS == 100


def test_the_same_content_of_another_day_is_another_delivery(drop: Drop) -> None:
    for day in ("20250601", "20250602"):
        drop.lay(f"Q{day}.csv", {"1": "a"})
    assert [(result.landed_count, result.repeated_count) for result in drop.land()] == [(1, 0), (0, 1)]


def test_a_file_just_written_waits(drop: Drop) -> None:
    drop.agree(completeWhen={"unchangedSeconds": 300})
    drop.lay("Q20250602.csv", {"1": "a"})
    (result,) = drop.land()
    assert (result.outcome, result.reason_code) == ("waiting", "still_written")
    assert (
        result.reason
        == "county/visit/Q20250602.csv: waits, because it was written less than 300 seconds ago."
    )


@pytest.mark.parametrize(
    ("marker", "name"), [("{name}.ok", "Q20250602.csv.ok"), ("{stem}.fin", "Q20250602.fin")]
)
def test_a_file_waits_for_its_marker(drop: Drop, marker: str, name: str) -> None:
    drop.agree(completeWhen={"marker": marker})
    drop.lay("Q20250602.csv", {"1": "a"})
    drop.lay("Q20250603" + name[9:], b"")  # of a file that is not there
    assert drop.outcomes() == [("waiting", "still_written"), ("stray", "stray")]
    drop.lay(name, b"")
    assert drop.outcomes() == [("landed", None)]


def test_parts_wait_for_each_other(drop: Drop) -> None:
    drop.agree(files=[{"pattern": "P{YYYYMMDD}.{part}-{parts}.csv", "mode": "delta"}])
    drop.lay("P20250602.2-3.csv", {"2": "b"})
    drop.lay("P20250602.3-3.csv", {"3": "c"})
    drop.lay("P20250603.1-1.csv", {"4": "d"})
    drop.lay("P20250604.2-1.csv", {"5": "e"})
    results = drop.land()
    assert [(result.outcome, result.reason_code) for result in results] == [
        ("waiting", "part_missing"), ("waiting", "part_missing"), ("landed", None), ("stray", "stray")
    ]  # fmt: skip
    assert results[0].reason == "county/visit/P20250602.2-3.csv: waits for part 1 of 3."
    drop.lay("P20250602.1-3.csv", {"1": "a", "2": "b"})
    assert [result.outcome for result in drop.land()] == ["landed"] * 3 + ["skipped"]
    assert [number for _, _, number in drop.landed()] == [101, 201, 301, 101]


def test_what_no_pattern_takes_is_told(drop: Drop, tmp_path: Path) -> None:
    drop.lay("Q20250231.csv", {"1": "a"})
    drop.lay("Q20250602 (1).csv", {"1": "a"})
    drop.lay(".Q20250602.csv.part", b"")
    (drop.folder() / "20250602").mkdir()
    (drop.folder() / "Q20250603.csv").symlink_to(tmp_path / "elsewhere.csv")
    told = {result.delivery_id.rpartition("/")[2]: result.reason or "" for result in drop.land()}
    assert "a day that does not exist" in told["Q20250231.csv"]
    assert "is no file" in told["20250602"]
    assert "links are not followed" in told["Q20250603.csv"]
    (unlike,) = [reason for name, reason in told.items() if name.startswith("unprintable-")]
    assert "named like none of the files of county__visit.yml" in unlike
    assert len(told) == 4
    assert drop.land() == []


def test_a_day_that_has_not_come(drop: Drop) -> None:
    monthly = {"pattern": "M{YYYYMM}.csv", "mode": "delta"}
    drop.agree(files=[KINDS[0], monthly])
    later = date.today() + timedelta(40)
    drop.lay(f"Q{later:%Y%m%d}.csv", {"1": "a"})
    drop.lay(f"M{later:%Y%m}.csv", {"1": "a"})
    assert drop.outcomes() == [("waiting", "month_runs"), ("rejected", "future_date")]
    assert drop.outcomes(through=date.today()) == []


def test_a_month_counts_from_its_last_day(drop: Drop) -> None:
    drop.agree(files=[{"pattern": "M{YYYYMM}.csv", "mode": "full"}])
    drop.lay("M202402.csv", {"1": "a"})
    assert drop.outcomes(through=date(2024, 2, 28)) == []
    assert drop.outcomes(through=date(2024, 2, 29)) == [("landed", None)]


def test_two_files_that_nothing_orders(drop: Drop) -> None:
    drop.agree(files=[{"pattern": "Q{YYYYMMDD}*.csv", "mode": "full"}])
    drop.lay("Q20250602.csv", {"1": "a"})
    drop.lay("Q20250602终.csv", {"1": "b"})
    first, second = drop.land()
    assert (first.outcome, second.outcome, second.reason_code) == ("landed", "rejected", "same_sequence")
    assert "Let the pattern say {n}" in (second.reason or "")
    assert "终" not in (second.reason or "")


def test_a_number_too_great_to_order(drop: Drop) -> None:
    drop.agree(files=[{"pattern": "{YYYYMMDD}_{n}_{part}_{parts}.csv", "mode": "delta"}])
    drop.lay("20250602_999999_1_1.csv", {"1": "a"})
    assert drop.outcomes() == [("rejected", "name_invalid")]


def test_a_held_file_is_landed_again(drop: Drop) -> None:
    drop.agree(rejectLimit={"percent": 0, "lines": 0})
    drop.lay("Q20250602.csv", b"no,value\n1,a\n2\n")
    (held,) = drop.land()
    assert held.outcome == "held"
    drop.agree()
    again = replay(drop.db, drop.contracts, drop.root, held.delivery_id)
    assert (again.outcome, again.landed_count, again.rejected_count) == ("landed", 1, 1)


def test_columns_of_some_files_only(drop: Drop) -> None:
    """Equal lines of two kinds are no repeats where one says less."""
    drop.agree(files=[KINDS[0] | {"without": ["value"]}, KINDS[1]])
    drop.lay("Q20250601.csv", b"no\n1\n2\n")
    drop.lay("Q20250602.csv", b"no\n1\n2\n")
    drop.lay("B20250603_1.csv", b"value,no\n,1\nb,2\n")
    assert [result.repeated_count for result in drop.land()] == [0, 2, 0]
    rows = drop.db.execute("select no, value from raw.visit order by _delivery_id, no").fetchall()
    assert rows == [("1", None), ("2", None), ("1", None), ("2", None), ("1", ""), ("2", "b")]


# Archives -------------------------------------------------------------------------------------

DATA = b"no,value\n1,a\n"


def gbk_archive(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Names in GBK without the UTF-8 flag, as Chinese programs write them and Python does not: names of as
    many bytes hold the places of those that are not ASCII."""
    names = {
        name: f"{number:04d}".ljust(len(name.encode("gbk")), "x")
        for number, (name, _) in enumerate(members)
        if not name.isascii()
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as package:
        for name, held in members:
            package.writestr(names.get(name, name), held)
    content = out.getvalue()
    for name, stand_in in names.items():
        content = content.replace(stand_in.encode(), name.encode("gbk"))
    return content


@pytest.fixture
def packed(drop: Drop) -> Drop:
    drop.agree(
        files=[{"pattern": "Z{YYYYMMDD}.zip", "mode": "delta"}],
        archive={"member": "数据_{YYYYMMDD}.csv", "ignored": ["回执*"]},
    )
    return drop


def test_a_member_named_in_gbk(packed: Drop) -> None:
    packed.lay("Z20250602.zip", gbk_archive(("目录/数据_20250602.csv", DATA), ("回执.txt", b"x")))
    (result,) = packed.land()
    assert (result.outcome, result.landed_count, result.notice) == ("landed", 1, None)
    assert [result.outcome for result in packed.land()] == ["skipped"]


def test_a_member_named_in_utf_8(packed: Drop) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        package.writestr("数据_20250602.csv", DATA)
    packed.lay("Z20250602.zip", out.getvalue())
    assert packed.outcomes() == [("landed", None)]


def test_a_member_that_is_neither_is_told(packed: Drop) -> None:
    members = (("数据_20250602.csv", DATA), ("补充.csv", DATA), ("b.csv", b""))
    packed.lay("Z20250602.zip", gbk_archive(*members))
    (result,) = packed.land()
    assert result.outcome == "landed"
    assert (result.notice or "").startswith("Z20250602.zip: not read: 2 further members (b.csv, unprintable-")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (gbk_archive(("回执.txt", b"x")), "archive_member"),
        (gbk_archive(("数据_20250601.csv", DATA)), "archive_member"),
        (gbk_archive(("a/数据_20250602.csv", DATA), ("b/数据_20250602.csv", DATA)), "archive_member"),
        (gbk_archive(("数据_20250602.csv", bytes(8 << 20))), "unsafe_archive"),
        (gbk_archive(*((f"{n}.txt", b"") for n in range(2100))), "unsafe_archive"),
        (gbk_archive(("数据_20250602.csv", DATA), method=0).replace(DATA[:4], b"nope"), "unreadable_file"),
        (b"no archive", "unreadable_file"),
    ],
    ids=["none", "other day", "two", "bomb", "crowd", "damaged", "other"],
)
def test_an_archive_that_cannot_be_taken(packed: Drop, content: bytes, reason: str) -> None:
    packed.lay("Z20250602.zip", content)
    assert packed.outcomes() == [("rejected", reason)]


def test_a_workbook_in_an_archive(drop: Drop) -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("表")
    for place, cells in enumerate([("no", "value"), ("1", 201)]):
        for column_no, cell in enumerate(cells):
            sheet.write(place, column_no, cell)
    out = io.BytesIO()
    book.save(out)
    drop.agree(
        "xls", sheet=1, archive={"member": "*.xls"}, files=[{"pattern": "Z{YYYYMMDD}.zip", "mode": "full"}]
    )
    drop.lay("Z20250602.zip", gbk_archive(("名册.xls", out.getvalue())))
    assert drop.outcomes() == [("landed", None)]
    assert drop.db.execute("select value from raw.visit").fetchall() == [("201",)]
