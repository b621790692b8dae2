"""The benefit standards: a delivery without manifest."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import psycopg
import pytest
from small_inbox import CONTRACTS, DAY, Land, SmallInbox, line

from ingestion.contract import RejectLimit
from ingestion.landing import land_inbox, replay

HEADER = "division_code,standard_code,amount_yuan_per_month,valid_from,valid_to\n"
OLD = "420202,DB_URBAN,682,2022-01-01,2024-07-01\n"
NEW = "420202,DB_URBAN,725,2024-07-01,\n"
DELIVERIES = (
    "select delivery_id, business_date, sequence_no, mode from ops.delivery where feed = 'benefit_standard'"
)


@pytest.fixture
def standards(inbox: SmallInbox) -> Path:
    path = inbox.root / "reference" / "benefit_standard.csv"
    path.parent.mkdir()
    path.write_text(HEADER + OLD + NEW)
    return path


def test_lands_once_dated_by_the_earliest_delivery(
    inbox: SmallInbox, standards: Path, land: Land, db: psycopg.Connection
) -> None:
    inbox.add("stay", [line("stay", 1)])
    inbox.add("stay", [line("stay", 2)], day=date(2025, 6, 27), mode="delta")
    first = land()[0]
    assert (first.feed, first.outcome, first.landed_count) == ("benefit_standard", "landed", 2)
    ((delivery_id, business_date, sequence_no, mode),) = db.execute(DELIVERIES).fetchall()
    assert delivery_id.startswith("benefit_standard_")
    assert len(delivery_id) == len("benefit_standard_") + 12
    assert (business_date, sequence_no, mode) == (DAY, 1, "full")
    assert db.execute("select amount_yuan_per_month, valid_to from raw.benefit_standard").fetchall() == [
        ("682", "2024-07-01"), ("725", "")
    ]  # fmt: skip


def test_without_other_deliveries(standards: Path, land: Land, db: psycopg.Connection) -> None:
    land()
    assert db.execute(DELIVERIES).fetchall()[0][1] == date(2024, 7, 1)


def test_not_before_its_day(inbox: SmallInbox, standards: Path, db: psycopg.Connection) -> None:
    inbox.add("stay", [line("stay", 1)])
    assert land_inbox(db, CONTRACTS, inbox.root, through=date(2024, 1, 1)) == []


def test_corrections_follow_each_other(
    inbox: SmallInbox, standards: Path, land: Land, db: psycopg.Connection
) -> None:
    """Also back to earlier content: the latest file always is the latest delivery."""
    inbox.add("stay", [line("stay", 1)])
    land()
    standards.write_text(HEADER + OLD + NEW.replace("725", "730"))
    assert land()[0].repeated_count == 1
    standards.write_text(HEADER + OLD + NEW)
    assert land()[0].outcome == "landed"
    assert land()[0].outcome == "skipped"
    found = db.execute(f"{DELIVERIES} order by sequence_no").fetchall()
    assert [(day, sequence_no) for _, day, sequence_no, _ in found] == [(DAY, 1), (DAY, 2), (DAY, 3)]
    assert found[2][0] == f"{found[0][0]}_3"


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (OLD + NEW.replace("2024-07-01", "2024-06-30"), "line 3 overlaps line 2"),
        (NEW + OLD + NEW, "line 4 overlaps line 2"),
        (OLD.replace("2024-07-01", "2021-01-01"), "line 2 ends before it begins"),
    ],
)
def test_overlapping_validity(standards: Path, land: Land, lines: str, sentence: str) -> None:
    standards.write_text(HEADER + lines)
    (result,) = land()
    assert (result.outcome, result.reason_code) == ("rejected", "overlapping_validity")
    assert sentence in (result.reason or "")


def test_unreadable_standard_is_rejected(standards: Path, land: Land) -> None:
    standards.write_text(HEADER + OLD + NEW.replace("725", "viel"))
    assert land()[0].rejected_count == 1


def test_link_is_not_followed(standards: Path, land: Land, tmp_path: Path) -> None:
    standards.rename(tmp_path / "elsewhere.csv")
    standards.symlink_to(tmp_path / "elsewhere.csv")
    assert land()[0].reason_code == "unsafe_path"


def test_held_for_its_rejected_lines_and_landed_again(
    inbox: SmallInbox, standards: Path, land: Land, db: psycopg.Connection
) -> None:
    standards.write_text(HEADER + NEW + "".join(f"42020{n},DB_URBAN,?,2024-07-01,\n" for n in range(30)))
    inbox.add("stay", [line("stay", 1)])
    held = land()[0]
    assert held.outcome == "held"
    contract = replace(CONTRACTS["benefit_standard"], reject_limit=RejectLimit(1, 20))
    again = replay(db, CONTRACTS | {"benefit_standard": contract}, inbox.root, held.delivery_id)
    assert (again.outcome, again.landed_count, again.rejected_count) == ("landed", 1, 30)
