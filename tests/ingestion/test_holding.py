"""Deliveries with too many rejected lines, what their sender gets back, and landing them again."""

import re
import stat
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import psycopg
import pytest
from small_inbox import CONTRACTS, DAY, MARKERS, Land, SmallInbox, line

from ingestion.contract import Contract, RejectLimit
from ingestion.errors import IngestionError, RequestError
from ingestion.gaps import missing_days
from ingestion.landing import land_inbox, replay
from ingestion.return_list import HEADER, REASONS_ZH, mask, write_return_lists


def payments(good: int, bad: int) -> list[dict]:
    return [line("payment", n, **({"paid_on": "2025-02-30"} if n < bad else {})) for n in range(good + bad)]


@pytest.mark.parametrize(
    ("good", "bad", "outcome"),
    [(379, 21, "held"), (380, 20, "landed"), (0, 20, "landed"), (400, 21, "landed"), (0, 21, "held")],
)
def test_more_than_the_limit_holds_the_delivery(
    inbox: SmallInbox, land: Land, db: psycopg.Connection, good: int, bad: int, outcome: str
) -> None:
    """5 % of the lines and 20 lines: only what is above both is held."""
    inbox.add("payment", payments(good, bad))
    (result,) = land()
    assert (result.outcome, result.landed_count, result.rejected_count) == (outcome, good, bad)
    assert db.execute("select status from ops.delivery").fetchone() == (outcome,)
    reasons = db.execute(
        "select expectation, unexpected_count, element_count, observed from ops.gate_result where subject = %s",
        [result.delivery_id],
    ).fetchall()
    measure = {"value": bad, "max_share": 0.05, "spared": 20}
    assert reasons == ([("reject_limit", bad, good + bad, measure)] if outcome == "held" else [])


@pytest.fixture(autouse=True)
def no_gate_results(db: psycopg.Connection) -> None:
    db.execute("truncate ops.gate_result")
    db.commit()


def with_limit(share: float, lines: int) -> dict[str, Contract]:
    return CONTRACTS | {"payment": replace(CONTRACTS["payment"], reject_limit=RejectLimit(share, lines))}


def test_held_delivery_is_landed_again_after_its_contract_changed(
    inbox: SmallInbox, land: Land, db: psycopg.Connection
) -> None:
    inbox.add("payment", payments(10, 30))
    (held,) = land()
    assert held.outcome == "held"
    again = replay(db, with_limit(0.9, 20), inbox.root, held.delivery_id)
    assert (again.outcome, again.landed_count, again.rejected_count) == ("landed", 10, 30)
    assert db.execute("select status, landed_count from ops.delivery").fetchall() == [("landed", 10)]
    assert (
        db.execute("select reason_code, reason from ops.rejected_delivery").fetchall()[0][0] == "replayed_1"
    )
    with pytest.raises(IngestionError, match="only a held or refused delivery"):
        replay(db, CONTRACTS, inbox.root, held.delivery_id)
    with pytest.raises(IngestionError, match="is not in the inbox"):
        replay(db, CONTRACTS, inbox.root, "nobody_knows_it")


def test_replay_that_fails_leaves_what_was(inbox: SmallInbox, land: Land, db: psycopg.Connection) -> None:
    path = inbox.add("payment", payments(10, 30))
    (held,) = land()
    content = path.read_bytes()
    path.write_bytes(content[:-5])
    assert replay(db, CONTRACTS, inbox.root, held.delivery_id).reason_code == "checksum"
    assert db.execute("select status, landed_count, rejected_count from ops.delivery").fetchall() == [
        ("held", 10, 30)
    ]
    path.write_bytes(content)


def test_refused_delivery_is_tried_again(inbox: SmallInbox, land: Land, db: psycopg.Connection) -> None:
    inbox.add("payment", payments(3, 0), states={"rows": 9})
    (refused,) = land()
    inbox.add("payment", payments(3, 0))
    assert replay(db, CONTRACTS, inbox.root, refused.delivery_id).outcome == "landed"


def test_backfill_and_gaps(inbox: SmallInbox, land: Land, db: psycopg.Connection) -> None:
    days = [date(2025, 6, day) for day in (20, 21, 23, 26)]
    for day in days:
        inbox.add("payment", payments(2, 0), day=day)
    inbox.add("vehicle", [line("vehicle", 1)], day=DAY)

    def backfill(is_dry_run: bool) -> list[tuple[date | None, str]]:
        results = land_inbox(
            db, CONTRACTS, inbox.root, days[2], feeds={"payment"}, since=days[1], is_dry_run=is_dry_run
        )
        return [(result.business_date, result.outcome) for result in results]

    assert backfill(is_dry_run=True) == [(days[1], "pending"), (days[2], "pending")]
    assert db.execute("select count(*) from ops.delivery").fetchone() == (0,)
    assert backfill(is_dry_run=False) == [(days[1], "landed"), (days[2], "landed")]
    assert backfill(is_dry_run=True) == [(days[1], "skipped"), (days[2], "skipped")]
    land()
    missing = missing_days(db, CONTRACTS)["payment"]
    assert missing == [date(2025, 6, day) for day in (22, 24, 25)]


def test_return_list(inbox: SmallInbox, land: Land, db: psycopg.Connection, tmp_path: Path) -> None:
    inbox.add("payment", [line("payment", 1), line("payment", 2, paid_on="2025-02-30"),
                          line("payment", 3, amount_yuan="=1+1"), line("payment", 4, case_no="")])  # fmt: skip
    inbox.add("entitlement", [line("entitlement", 1, operation="删除")])
    inbox.add("company", [line("company", 1, company_name=None), line("company", 2, registered_on="?")])
    land()
    files = write_return_lists(db, CONTRACTS, tmp_path / "out")
    cells = []
    for path in files:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        sheet = openpyxl.load_workbook(path)["整改单"]
        assert not any(cell.data_type == "f" for row in sheet.iter_rows() for cell in row)
        cells += [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
    rejected = db.execute("select count(*) from ops.rejected_row").fetchone()
    assert (len(cells),) == rejected
    told = {(row[4], row[5], row[6], row[7]) for row in cells if row[0] == "资金发放明细"}
    assert told == {
        (3, "发放日期", "日期无法识别", "2025-02-30"),
        (4, "金额", "金额无法识别", "'=***"),
        (5, "业务编号", "必填项为空", None),
    }
    assert not any(marker in str(row) for row in cells for marker in MARKERS)

    (path,) = write_return_lists(
        db, CONTRACTS, tmp_path / "headed", feed="payment", heading="=民政局　办公室"
    )
    heading, header, *rows = openpyxl.load_workbook(path)["整改单"].iter_rows(values_only=True)
    assert (heading[0], set(heading[1:])) == ("'=民政局　办公室", {None})
    assert header == HEADER
    assert [list(row) for row in rows] == [row for row in cells if row[0] == CONTRACTS["payment"].title]


def listed(files: list[Path]) -> list[tuple[str, int]]:
    """Delivery and line of every line in the files."""
    return [
        (str(row[1]), int(row[4]))
        for path in files
        for row in openpyxl.load_workbook(path)["整改单"].iter_rows(min_row=2, values_only=True)
    ]


def test_a_line_leaves_the_return_list_when_a_later_delivery_brings_its_record(
    inbox: SmallInbox, land: Land, db: psycopg.Connection, tmp_path: Path
) -> None:
    before, after = date(2025, 6, 24), date(2025, 6, 26)
    bad = {"paid_on": "2025-02-30"}
    key = CONTRACTS["payment"].key[0]
    # An earlier delivery that could read the record corrects nothing.
    inbox.add("payment", [line("payment", 1)], day=before)
    inbox.add(
        "payment", [line("payment", 1, **bad), line("payment", 2, **bad), line("payment", 3, **{key: ""})]
    )
    inbox.add("entitlement", [line("entitlement", 1, operation="删除")])
    land()
    rejected = [("payment_20250625_full_01", number) for number in (2, 3, 4)]
    out = tmp_path / "out"

    def lines(**options: Any) -> list[tuple[str, int]]:
        return listed(write_return_lists(db, CONTRACTS, out, **options))

    assert sorted(lines(feed="payment")) == rejected
    assert len(lines()) == 4
    assert lines(since=after) == []
    assert not list(out.iterdir())
    assert sorted(lines(since=DAY, feed="payment")) == rejected
    with pytest.raises(RequestError, match="nothing is no feed"):
        lines(feed="nothing")

    # The same as landed before, and one written in another way: both bring their record.
    respelt = line("payment", 2)
    inbox.add("payment", [line("payment", 1), respelt | {key: f" {respelt[key].lower()}"}], day=after)
    land()
    assert lines(feed="payment") == rejected[2:]
    assert len(lines()) == 2

    db.execute("update ops.delivery set status = 'held' where business_date = %s", [after])
    assert sorted(lines(feed="payment")) == rejected
    db.rollback()


@pytest.mark.parametrize(
    ("value", "is_sensitive", "shown"),
    [
        ("2024年2月30日", False, "2024年2月30日"), ("420202199001011231", False, "420202********1231"),
        ("420202199001011231", True, "420202********1231"), ("欧阳样", False, "欧**"), ("19900101", True, "1*******"),
        ("13971234567", False, "1********"), ("", True, ""), ("123.00元", False, "123.00元"),
    ],
)  # fmt: skip
def test_masked(value: str, is_sensitive: bool, shown: str) -> None:
    assert mask(value, is_sensitive) == shown


def test_every_reason_has_words() -> None:
    """Reason codes of lines, as they stand in the program."""
    folder = Path(__file__).parents[2] / "ingestion"
    apart = ("spreadsheet", "old_spreadsheet", "open_document", "parquet_table", "workbook_parser", "parser")
    readers = [*(folder / "reading").glob("*.py"), *(folder / f"{name}.py" for name in ("judge", *apart))]
    text = "".join(path.read_text(encoding="utf-8") for path in readers)
    kinds = "unreadable|missing|unknown|invalid|merged|formula|error|nul|not|field|line|misplaced|total"
    codes = set(re.findall(rf'"((?:{kinds})_[a-z_]+)"', text))
    of_files = {
        "unreadable_file", "merged_header", "missing_column", "unknown_column", "line_too_long", "total_missing",
    }  # fmt: skip
    settings = {"total_bytes"}
    assert codes - of_files - settings - set(REASONS_ZH) == set()
