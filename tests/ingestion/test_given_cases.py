"""The given cases where they lie, landed: every folder, with what must come out of it.

They are examples of their kinds, which tests of our own cover with or without them: spellings in
``spellings.csv`` and test_spellings, workbooks in test_spreadsheet and test_workbook, manifests in
test_one_bad_delivery, headers in test_landing_faults, names under a number in linkage/test_traps.
"""

import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from small_inbox import Land, SmallInbox

from ingestion.landing import DeliveryResult

CASES = Path(__file__).parents[3] / "shared" / "cases"
OUTCOMES = {
    "accounts_that_say_nothing": ["landed"] * 3,
    "chinese_date_format_with_time": ["landed"],
    "names_in_a_message": ["rejected"],
    "number_of_another_in_the_family": ["landed"],
    "one_manifest_stops_all": ["landed", "rejected"],
    "times_wrapping_unseen_characters": ["landed"] * 10,
    "workbook_says_it_is_one_cell": ["landed"],
    "wrapped_numbers": ["landed"],
}

pytestmark = pytest.mark.skipif(
    not CASES.exists(), reason="the given cases are not there; tests of our own cover their kinds (see above)"
)


class Given:
    """A case landed. rows: what SQL over the lines received reads, in the order of deliveries and lines."""

    def __init__(self, inbox: SmallInbox, land: Land, db: psycopg.Connection) -> None:
        self.inbox, self.land, self.db = inbox, land, db

    def __call__(self, case: str) -> list[DeliveryResult]:
        shutil.copytree(CASES / case / "inbox", self.inbox.root, dirs_exist_ok=True)
        results = self.land()
        assert sorted(result.outcome for result in results) == OUTCOMES[case]
        return results

    def rows(self, columns: str, feed: str) -> list[tuple[Any, ...]]:
        return self.db.execute(
            f"select {columns} from raw.{feed} order by _delivery_id, _line_number".encode()
        ).fetchall()


@pytest.fixture
def given(inbox: SmallInbox, land: Land, db: psycopg.Connection) -> Given:
    return Given(inbox, land, db)


def test_every_folder_is_read() -> None:
    assert {folder.name for folder in CASES.iterdir() if folder.is_dir()} == set(OUTCOMES)


@pytest.mark.parametrize(
    ("case", "days"), [("workbook_says_it_is_one_cell", 3), ("chinese_date_format_with_time", 3)]
)
def test_workbooks_are_read_as_they_are_written(given: Given, case: str, days: int) -> None:
    given(case)
    assert given.rows("clean.date(died_on)", "cremation") == [(date(2025, 6, 20),)] * days


def test_wrapped_numbers_read_as_without_the_wrapping(given: Given) -> None:
    given("wrapped_numbers")
    assert given.rows("clean.identifier(payment_no), clean.id_number(payee_id_number), clean.account(account_no)",
                      "payment") == [
        ("ZF000000000108", "420202198101034516", "6222000000000000001"),
        ("ZF000000000216", "420203194805040023", "6222000000000000002"),
    ]  # fmt: skip


def test_one_bad_manifest_is_its_own_refusal(given: Given) -> None:
    results = given("one_manifest_stops_all")
    (refused,) = [result for result in results if result.outcome == "rejected"]
    assert (refused.feed, len(refused.reason or "") < 500) == ("payment", True)
    assert given.rows("plate_no", "vehicle") == [("鄂BA0001",)]


def test_a_refusal_repeats_no_name(given: Given, capfd: pytest.CaptureFixture[str]) -> None:
    (refused,) = given("names_in_a_message")
    said = f"{refused.reason} {''.join(capfd.readouterr())}"
    assert not [value for value in ("许样", "420202198101034516", "6222000000000000001") if value in said]


def test_words_and_damaged_numbers_name_nothing(given: Given) -> None:
    given("accounts_that_say_nothing")
    accounts = [account for (account,) in given.rows("clean.account(account_no)", "aid_household")]
    assert accounts[:12] == [None] * 12  # 无, 6.22202E+18, 社会化发放, 0: of three households each
    assert len(accounts) == 15
    assert given.rows("clean.date(died_on)", "cremation") == [(date(2025, 6, 20),)]
    assert given.rows("clean.division(division_code)", "population") == [(None,)]


def test_times_ends_amounts_and_unseen_characters(given: Given) -> None:
    given("times_wrapping_unseen_characters")
    latest = given.db.execute(
        "select distinct on (certificate_no) certificate_no, clean.date(registered_on) from raw.marriage_event"
        " where event_type = '结婚登记' and operation = '修改'"
        " order by certificate_no, clean.instant(updated_at) desc"
    ).fetchall()
    assert latest == [(f"J0000090000{number}", date(2025, 6, 20)) for number in (1, 2, 3)]
    assert {name for (name,) in given.rows("clean.person_name(name)", "population")} == {"王䶮"}
    numbers = [number for (number,) in given.rows("clean.id_number(id_number)", "temporary_aid")]
    assert numbers == [
        None, None, None, "420203196712210619", "420203196712210619", "911110198001010017", "911110198001010017",
        "420203199809150150", None,  # a date and 0000
    ]  # fmt: skip
    assert [name for (name,) in given.rows("clean.person_name(name)", "temporary_aid")][-2:] == [None, None]
    ends = [end for (end,) in given.rows("clean.end_date(ended_on)", "entitlement")]
    assert [ends[0], ends[2]] == [date(9999, 12, 31)] * 2
    payments = given.rows("clean.identifier(payment_no), clean.id_number(payee_id_number)", "payment")
    assert payments[:2] == payments[2:]
    households = given.rows(
        "clean.date(applied_on), clean.date(authorized_to), clean.yuan(monthly_amount_yuan),"
        " clean.yuan(monthly_income)",
        "aid_household",
    )
    assert households[0][:2] == (date(2024, 3, 5), date(2025, 7, 2))
    assert {row[2:] for row in households} == {(Decimal(725), Decimal(600))}


def test_a_number_that_says_nothing_is_nobodys(given: Given) -> None:
    given("number_of_another_in_the_family")
    numbers = [number for (number,) in given.rows("clean.id_number(id_number)", "temporary_aid")]
    assert numbers == [None] * 3 + ["420202197708080813"] * 3 + ["420203196712210619"] + [None] * 2
