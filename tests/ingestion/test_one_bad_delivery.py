"""Whatever goes wrong with one delivery is its own refusal, and what nothing reads is told."""

import codecs
import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from small_inbox import CONTRACTS, DAY, MARKER_NAME, MARKER_NUMBER, MARKERS, Land, SmallInbox, encode, line

from ingestion import landing, strays
from ingestion.errors import REFUSALS_ZH, RequestError
from ingestion.inbox import Manifest
from ingestion.landing import land_inbox
from ingestion.reading import stream

REFERENCE = "benefit_standard"


@pytest.fixture
def good(inbox: SmallInbox) -> str:
    """A delivery nothing is wrong with."""
    inbox.add("vehicle", [line("vehicle", 1)])
    return "vehicle"


def by_feed(results: list[landing.DeliveryResult]) -> dict[str, tuple[str, str | None]]:
    return {result.feed: (result.outcome, result.reason_code) for result in results}


@contextmanager
def as_nobody(root: Path) -> Iterator[None]:
    """Root reads everything: with the rights of another account, who may enter the folders above."""
    for folder in (root, *root.parents):
        if folder.is_relative_to("/tmp") and folder != Path("/tmp"):
            folder.chmod(0o755)
    if os.geteuid() != 0:
        yield
        return
    for encoding in ("utf-8-sig", "gb18030"):
        codecs.lookup(encoding)  # loaded late, and Python itself may lie where only root reads
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


# Manifests ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value", ["9" * 5000, "1" + "0" * 4000, "-1e999999", '"' + "9" * 5000 + '"', "[" * 40_000]
)
@pytest.mark.parametrize(
    "key", ["rows", "layout_version", "amount_total_yuan", "business_date", "nobody_knows"]
)
def test_a_manifest_with_a_value_nobody_can_read(
    inbox: SmallInbox, land: Land, good: str, key: str, value: str
) -> None:
    manifest = inbox.add("payment", [line("payment", 1)]).with_name("manifest.json")
    stated = json.loads(manifest.read_text()) | {key: "HERE"}
    manifest.write_text(json.dumps(stated).replace('"HERE"', value))
    results = by_feed(land())
    assert results[good] == ("landed", None)
    is_unused = key == "nobody_knows" and value[0] in '"-1' and value != "9" * 5000
    assert results["payment"][0] == ("landed" if is_unused else "rejected")


@pytest.mark.parametrize(
    "error", [MemoryError(), KeyError(MARKER_NAME), ValueError(MARKER_NUMBER), TypeError("x")]
)
def test_whatever_reading_a_manifest_raises_refuses_its_delivery(
    inbox: SmallInbox, land: Land, good: str, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    inbox.add("payment", [line("payment", 1)])
    validate = Manifest.model_validate

    def stumble(stated: dict[str, Any]) -> Manifest:
        if stated["feed"] == "payment":
            raise error
        return validate(stated)

    with monkeypatch.context() as patch:
        patch.setattr(Manifest, "model_validate", stumble)
        results = by_feed(land())
    assert by_feed(land())["payment"] == ("landed", None), "tried again by the next run"
    assert (results[good][0], results["payment"][0]) == ("landed", "rejected")


# Folders and files ------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["assistance", "assistance/payment", "assistance/payment/20250625"])
def test_a_folder_nobody_may_read_refuses_what_is_in_it(
    inbox: SmallInbox, db: psycopg.Connection, good: str, place: str
) -> None:
    inbox.add("payment", [line("payment", 1)])
    folder = inbox.root / place
    folder.chmod(0o000)
    try:
        with as_nobody(inbox.root):
            results = land_inbox(db, CONTRACTS, inbox.root)
    finally:
        folder.chmod(0o755)
    told = {result.feed: result for result in results}
    assert told[good].outcome == "landed"
    assert told["payment"].reason_code == "file_unreadable"
    assert "Permission denied" in (told["payment"].reason or "")
    assert by_feed(land_inbox(db, CONTRACTS, inbox.root))["payment"] == ("landed", None)


@pytest.mark.parametrize("file", ["payment_20250625_full_01.csv", "manifest.json"])
def test_a_file_nobody_may_read_is_refused(
    inbox: SmallInbox, db: psycopg.Connection, good: str, file: str
) -> None:
    (inbox.add("payment", [line("payment", 1)]).parent / file).chmod(0o000)
    with as_nobody(inbox.root):
        results = by_feed(land_inbox(db, CONTRACTS, inbox.root))
    assert results == {good: ("landed", None), "payment": ("rejected", "file_missing")}


def spoilt_reference(inbox: SmallInbox) -> Path:
    path = inbox.root / CONTRACTS[REFERENCE].location
    path.parent.mkdir(parents=True)
    path.write_bytes(encode(CONTRACTS[REFERENCE], [line(REFERENCE, 1)]))
    return path


def test_a_reference_nobody_may_read_is_refused(inbox: SmallInbox, db: psycopg.Connection, good: str) -> None:
    spoilt_reference(inbox).chmod(0o000)
    with as_nobody(inbox.root):
        results = by_feed(land_inbox(db, CONTRACTS, inbox.root))
    assert results == {good: ("landed", None), REFERENCE: ("rejected", "file_unreadable")}


def test_a_reference_the_parser_gives_up_is_refused(inbox: SmallInbox, land: Land) -> None:
    """Its day is read from it where nothing else lies in the inbox."""
    path = spoilt_reference(inbox)
    path.write_bytes(path.read_bytes() + b"x" * 200_000)
    assert by_feed(land())[REFERENCE][0] == "rejected"


@pytest.mark.parametrize(
    ("error", "reason_code"),
    [
        (MemoryError(), "too_large"),
        (RuntimeError(MARKER_NAME), "unforeseen"),
        (OSError(5, "Input/output error"), "file_unreadable"),
        (UnicodeEncodeError("utf-8", MARKER_NAME, 0, 1, "x"), "unforeseen"),
    ],
)
def test_whatever_reading_a_file_raises_refuses_its_delivery(
    inbox: SmallInbox,
    land: Land,
    good: str,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    reason_code: str,
) -> None:
    inbox.add("payment", [line("payment", 1)])
    read = landing.read

    def stumble(contract: Any, delivery: Any, file: Any, is_own: bool) -> stream.LineStream:
        if contract.feed == "payment":
            raise error
        return read(contract, delivery, file, is_own)

    with monkeypatch.context() as patch:
        patch.setattr(landing, "read", stumble)
        assert by_feed(land()) == {good: ("landed", None), "payment": ("rejected", reason_code)}
    assert by_feed(land())["payment"] == ("landed", None), "tried again by the next run"


# The sealed file --------------------------------------------------------------------------------

Change = Callable[[Path], None]


def overwritten(path: Path) -> None:
    data = path.read_bytes()
    with path.open("r+b") as file:
        file.write(data.replace(b"725.00", b"925.00"))


def grown(path: Path) -> None:
    with path.open("ab") as file:
        file.write(path.read_bytes().splitlines(keepends=True)[-1])


@pytest.mark.parametrize("change", [overwritten, grown])
def test_a_file_changed_while_it_is_read_its_time_set_back(
    inbox: SmallInbox, land: Land, good: str, monkeypatch: pytest.MonkeyPatch, change: Change
) -> None:
    lines = [line("payment", n) for n in range(1, 3)]
    path = inbox.add("payment", lines, states={"amount_total_yuan": "1850.00"})
    read = landing.read

    def read_changed(contract: Any, delivery: Any, file: Any, is_own: bool) -> stream.LineStream:
        if contract.feed == "payment":
            times = path.stat()
            change(path)
            os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
        return read(contract, delivery, file, is_own)

    with monkeypatch.context() as patch:
        patch.setattr(landing, "read", read_changed)
        assert by_feed(land()) == {good: ("landed", None), "payment": ("rejected", "checksum")}


def test_a_workbook_changed_while_it_is_read_lands_as_it_was_sealed(
    inbox: SmallInbox, land: Land, db: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = inbox.add("cremation", [line("cremation", 1)])
    read = landing.read

    def read_changed(contract: Any, delivery: Any, file: Any, is_own: bool) -> stream.LineStream:
        path.write_bytes(b"no workbook any more" * 1000)
        return read(contract, delivery, file, is_own)

    with monkeypatch.context() as patch:
        patch.setattr(landing, "read", read_changed)
        (result,) = land()
        assert (result.outcome, result.landed_count) == ("landed", 1)
    assert db.execute("select cremation_no from raw.cremation").fetchall() == [("K00000001",)]
    path.unlink()
    path.with_name("manifest.json").unlink()


# Messages ----------------------------------------------------------------------------------------


def test_a_header_that_lost_its_line_end_repeats_nobody(inbox: SmallInbox, land: Land, good: str) -> None:
    text = encode(CONTRACTS["payment"], [line("payment", 1), line("payment", 2)]).decode("gb18030")
    inbox.add("payment", [line("payment", 1)], content=text.replace("\r\n", "", 1).encode("gb18030"))
    results = {result.feed: result for result in land()}
    told = results["payment"].reason or ""
    assert "column 行政区划代码 is missing (12 unknown names" in told
    assert not any(marker in told for marker in (*MARKERS, "成功", "K00000001"))


# Strays ------------------------------------------------------------------------------------------


def strays_of(results: list[landing.DeliveryResult]) -> list[str]:
    return [result.delivery_id for result in results if result.outcome == "stray"]


@pytest.mark.parametrize("name", ["20250631", "2025-06-28", "20250628_02", "20250628 ", "张三"])
def test_a_delivery_in_a_folder_of_another_name_is_told_once(
    inbox: SmallInbox, land: Land, db: psycopg.Connection, good: str, name: str
) -> None:
    folder = inbox.add("payment", [line("payment", 1)]).parent
    folder.rename(folder.with_name(name))
    results = land()
    assert by_feed(results)[good] == ("landed", None)
    (place,) = strays_of(results)
    assert place.startswith("assistance/payment/")
    assert place.endswith(name) == (name.isascii() and " " not in name)
    assert strays_of(land()) == [], "told once"
    assert [stray.place for stray in strays.known_strays(db)] == [place]
    folder.with_name(name).rename(folder)
    assert by_feed(land())["payment"] == ("landed", None)
    assert strays.known_strays(db) == []


def test_a_second_file_in_a_day_folder_is_told(inbox: SmallInbox, land: Land) -> None:
    path = inbox.add("payment", [line("payment", 1)])
    path.with_name("payment_20250625_full_02.csv").write_bytes(path.read_bytes())
    assert strays_of(land()) == ["assistance/payment/20250625/payment_20250625_full_02.csv"]


def test_a_former_version_beside_its_correction_is_no_stray(inbox: SmallInbox, land: Land) -> None:
    """Landed, or refused and told so: the page for senders asks to leave it there."""
    inbox.add("payment", [line("payment", 1)])
    land()
    inbox.add("payment", [line("payment", 2)], number=2, states={"rows": 9})
    land()
    inbox.add("payment", [line("payment", 3)], number=3)
    results = land()
    assert strays_of(results) == []
    assert [result.outcome for result in results] == ["landed"]


def test_leftovers_are_told_and_uploads_and_other_folders_are_not(inbox: SmallInbox, land: Land) -> None:
    folder = inbox.add("payment", [line("payment", 1)]).parent
    for left in ("payment.csv", "assistance/notes.txt", "assistance/payment/payment_20250628.csv"):
        (inbox.root / left).write_text("x")
    (inbox.root / "assistance" / "payments" / "20250628x").mkdir(parents=True)
    for lost in ("Assistance/20250630", "20250630/assistance/payment"):
        (inbox.root / lost).mkdir(parents=True)
        (inbox.root / lost / "manifest.json").write_text("{}")
    (folder / ".payment_20250625_full_02.csv.part").write_text("x")
    (inbox.root / "truth").mkdir()
    (inbox.root / "truth" / "link.csv").write_text("x")
    assert sorted(strays_of(land())) == [
        "20250630/assistance", "Assistance/20250630", "assistance/notes.txt", "assistance/payment/payment_20250628.csv",
        "assistance/payments", "payment.csv",
    ]  # fmt: skip


def test_an_unfinished_folder_has_no_strays(inbox: SmallInbox, land: Land) -> None:
    path = inbox.add("payment", [line("payment", 1)])
    path.with_name("manifest.json").unlink()
    path.with_name("other.csv").write_text("x")
    assert [result.outcome for result in land()] == ["waiting"]


def test_many_strays_are_told_by_their_folder(inbox: SmallInbox, land: Land) -> None:
    folder = inbox.add("payment", [line("payment", 1)]).parent
    for number in range(strays.MOST_TOLD + 1):
        (folder / f"copy{number}.csv").write_text("x")
    assert strays_of(land()) == ["assistance/payment/20250625/..."]


def test_no_name_of_a_stray_shows_a_person(inbox: SmallInbox, land: Land) -> None:
    folder = inbox.add("payment", [line("payment", 1)]).parent
    for name in (
        MARKER_NUMBER,
        f"{MARKER_NAME}.csv",
        "4202-0219-9001-0112-31.csv",
        "13800138000.txt",
        "a\nb",
    ):
        (folder / name).write_text("x")
    places = strays_of(land())
    assert len(places) == 5
    assert all("/unprintable-" in place for place in places)


def test_what_is_acknowledged_is_known(inbox: SmallInbox, land: Land, db: psycopg.Connection) -> None:
    path = inbox.add("payment", [line("payment", 1)]).with_name("说明.txt")
    path.write_text("x")
    (place,) = strays_of(land())
    with pytest.raises(RequestError, match="No landing has met this"):
        strays.ignore(db, inbox.root, "assistance/payment", "x", None)
    with pytest.raises(RequestError, match="identity number"):
        strays.ignore(db, inbox.root, place, f"{MARKER_NUMBER} 的说明", None)
    with pytest.raises(RequestError, match="No reason is given"):
        strays.ignore(db, inbox.root, place, "\u3000\u200b", None)
    for spelling in (place, str(path), str(path.relative_to(inbox.root))):
        assert strays.ignore(db, inbox.root, spelling, "对方的说明", "张") == place
    db.commit()
    assert strays_of(land()) == []
    (known,) = strays.known_strays(db)
    assert (known.ignored_by, known.ignored_reason) == ("张", "对方的说明")
    path.unlink()
    land()
    assert strays.known_strays(db) == []


def test_what_was_not_looked_for_is_not_forgotten(
    inbox: SmallInbox, land: Land, db: psycopg.Connection
) -> None:
    """A later day, an unfinished folder, a damaged manifest, a folder that cannot be read."""
    note = inbox.add("payment", [line("payment", 1)]).with_name("note.txt")
    note.write_text("x")
    (place,) = strays_of(land())
    strays.ignore(db, inbox.root, place, "对方的说明", "张")
    db.commit()

    def known() -> list[str | None]:
        return [stray.ignored_by for stray in strays.known_strays(db)]

    land_inbox(db, CONTRACTS, inbox.root, through=DAY - timedelta(1))
    assert known() == ["张"]
    manifest = note.with_name("manifest.json")
    stated = manifest.read_bytes()
    manifest.write_bytes(b"{")
    land()
    assert known() == ["张"]
    manifest.unlink()
    land()
    assert known() == ["张"]
    manifest.write_bytes(stated)
    note.unlink()
    land_inbox(db, CONTRACTS, inbox.root, through=DAY)
    assert known() == []


def test_a_folder_that_cannot_be_read_has_lost_nothing(inbox: SmallInbox, db: psycopg.Connection) -> None:
    for feed in ("payment", "vehicle"):
        inbox.add(feed, [line(feed, 1)]).with_name("note.txt").write_text("x")
    assert len(strays_of(land_inbox(db, CONTRACTS, inbox.root))) == 2
    (inbox.folder("vehicle") / "note.txt").unlink()
    closed = inbox.folder("payment").parent
    closed.chmod(0)
    with as_nobody(inbox.root):
        land_inbox(db, CONTRACTS, inbox.root)
    closed.chmod(0o755)
    assert [stray.feed for stray in strays.known_strays(db)] == ["payment"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (f"{DAY:%Y%m%d}", "one level too deep"),
        ("Manifest.json", "not named manifest.json"),
        ("manifest.json.txt", "not named manifest.json"),
        ("manifest-1.json", "not named manifest.json"),
    ],
)
def test_a_folder_that_would_wait_for_ever_is_told(
    inbox: SmallInbox, land: Land, name: str, said: str
) -> None:
    path = inbox.add("payment", [line("payment", 1)])
    day = path.parent
    moved = [day / "manifest.json"]
    if "." in name:
        moved[0].rename(day / name)
    else:
        (day / name).mkdir()
        for file in (path, *moved):
            file.rename(day / name / file.name)
    waiting, stray = land()
    assert (waiting.outcome, stray.outcome) == ("waiting", "stray")
    assert stray.delivery_id == f"assistance/payment/{DAY:%Y%m%d}/{name}"
    assert said in (stray.reason or "")


def test_a_landing_of_one_feed_leaves_the_strays_of_others(inbox: SmallInbox, db: psycopg.Connection) -> None:
    inbox.add("payment", [line("payment", 1)]).with_name("a.csv").write_text("x")
    inbox.add("vehicle", [line("vehicle", 1)]).with_name("b.csv").write_text("x")
    (inbox.root / "c.csv").write_text("x")
    met = strays_of(land_inbox(db, CONTRACTS, inbox.root, feeds=["vehicle"]))
    assert met == ["c.csv", f"shared/vehicle/{DAY:%Y%m%d}/b.csv"]
    assert strays_of(land_inbox(db, CONTRACTS, inbox.root)) == [f"assistance/payment/{DAY:%Y%m%d}/a.csv"]
    land_inbox(db, CONTRACTS, inbox.root, feeds=["vehicle"])
    assert len(strays.known_strays(db)) == 3


def test_a_feed_nobody_described_is_told_by_every_landing(inbox: SmallInbox, db: psycopg.Connection) -> None:
    folder = inbox.root / "shared" / "bicycle" / "20250625"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_bytes(b"{}")
    (result,) = land_inbox(db, CONTRACTS, inbox.root, feeds=["vehicle"])
    assert result.reason_code in ("unknown_feed", "manifest_invalid")


def test_every_refusal_has_its_chinese_words() -> None:
    told = set()
    for path in Path(landing.__file__).parent.rglob("*.py"):
        told |= set(re.findall(r'(?:DeliveryFault|Refused)\(\s*"(\w+)"', path.read_text(encoding="utf-8")))
    assert told == set(REFUSALS_ZH)
