"""The given cases where they lie, built on top of one town: what must come out of months, links and findings.

What is read of each line stands in ingestion/test_given_cases, with the tests of our own that cover these kinds.
"""

import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from psycopg.types.json import Jsonb
from town import Town

from warehouse.database.connection import Warehouse
from warehouse.database.settings import settings
from warehouse.pipeline.runs import land, run

CASES = Path(__file__).parents[3] / "shared" / "cases"
FATHER = "420203196712210619"

pytestmark = [
    pytest.mark.builds,
    pytest.mark.skipif(not CASES.exists(), reason="the given cases are not there; others cover their kinds"),
]


class Given:
    """The warehouse after all cases. on_2_july: what G01 said on the last day of an authorization."""

    def __init__(self, database: Warehouse, inbox: Path) -> None:
        self.database = database
        for case in ("wrapped_numbers", "names_in_a_message", "chinese_date_format_with_time",
                     "workbook_says_it_is_one_cell"):  # fmt: skip
            land(database, shutil.copytree(CASES / case / "inbox", inbox / case))
        last = inbox / "last"
        shutil.copytree(CASES / "times_wrapping_unseen_characters" / "inbox", last)
        assert run(database, last).business_date == date(2025, 7, 2)
        self.on_2_july = self.rows(
            "select aid_household_no, outcome from rules.finding where rule_code = 'G01'"
            " and aid_household_no = 'JZ42020200099001'"
        )
        for case in ("number_of_another_in_the_family", "accounts_that_say_nothing"):
            shutil.copytree(CASES / case / "inbox", last, dirs_exist_ok=True)
        assert run(database, last).business_date == date(2025, 7, 5)

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with self.database.connect() as connection:
            return connection.execute(query.encode(), values or None).fetchall()


@pytest.fixture(scope="module")
def given(town: Town, new_database, tmp_path_factory) -> Given:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MINZHENG_HOME", str(tmp_path_factory.mktemp("home")))
        settings.cache_clear()
        given = Given(new_database(town.after("publish")), tmp_path_factory.mktemp("inboxes"))
    settings.cache_clear()
    return given


def test_the_newer_version_of_a_marriage_holds_however_its_time_is_written(given: Given) -> None:
    assert given.rows(
        "select certificate_no, registered_on from marts.marriage_spell"
        " where certificate_no like 'J0000090000_' order by 1"
    ) == [(f"J0000090000{number}", date(2025, 6, 20)) for number in (1, 2, 3)]


def test_an_authorization_until_midnight_in_shanghai_stands_on_its_last_day(given: Given) -> None:
    assert given.rows(
        "select applied_on, authorized_from, authorized_to, monthly_amount_yuan, declared_monthly_income_yuan"
        " from marts.aid_household where aid_household_no = 'JZ42020200099001'"
    ) == [(date(2024, 3, 5), date(2024, 3, 1), date(2025, 7, 2), Decimal(725), Decimal(600))]
    assert given.on_2_july == []
    lapsed = (
        "select outcome from rules.finding where rule_code = 'G01' and aid_household_no = 'JZ42020200099001'"
    )
    assert given.rows(lapsed) == [("hit",)], "three days later it has ended"


def test_a_payment_sent_again_in_wrapping_is_paid_once(given: Given) -> None:
    assert given.rows(
        "select case_no, benefit_month, paid_yuan, standing_count from marts.benefit_month"
        " where case_no in ('JZ42020200000003', 'JZ42020300000002') order by 1, 2"
    ) == [
        ("JZ42020200000003", date(2025, 6, 1), Decimal(2300), 1),
        ("JZ42020200000003", date(2025, 7, 1), Decimal(2300), 1),
        ("JZ42020300000002", date(2025, 6, 1), Decimal(1240), 1),
        ("JZ42020300000002", date(2025, 7, 1), Decimal(1240), 1),
    ]
    assert (
        given.rows(
            "select outcome from rules.finding"
            " where rule_code = 'E06' and outcome = 'hit' and evidence::text like '%payment.2025070%'"
        )
        == []
    )


def test_an_open_end_is_open_and_two_spellings_of_a_name_are_one_person(given: Given) -> None:
    assert given.rows(
        "select entitlement_no, ended_on, is_active from marts.entitlement where entitlement_no like 'DY0000900_'"
        " order by 1"
    ) == [(f"DY0000900{number}", None, True) for number in (1, 2, 3)]
    assert given.rows(
        "select id_number, count(distinct resident_id), array_agg(distinct name), bool_and(method = 'id_number')"
        " from intermediate.int_person_mentions inner join ops.person_link using (delivery_id, line_number, role)"
        " where name = '王䶮' group by 1 order by 1"
    ) == [(number, 1, ["王䶮"], True) for number in ("420202198506070814", "420202198506071016")]


def test_a_number_that_says_nothing_links_nobody(given: Given) -> None:
    assert given.rows(
        "select distinct link.resident_id, link.method from ops.person_link as link"
        " inner join intermediate.int_person_mentions as mention using (delivery_id, line_number, role)"
        " where mention.id_number_note = 'placeholder' and mention.delivery_id like 'pipeline%'"
    ) == [(None, "unresolved")]


def test_linkage_and_verification_agree_on_a_child_under_the_fathers_number(given: Given) -> None:
    named = (
        "select distinct name, link.resident_id is not null from intermediate.int_person_mentions"
        " inner join ops.person_link as link using (delivery_id, line_number, role) where id_number = %s order by 1"
    )
    assert given.rows(named, FATHER) == [("余晨梓", False), ("余杰", True)]
    asked = [{"name": name, "id_number": FATHER, "relation": "本人"} for name in ("余晨梓", "余杰")]
    found = (
        "select member.name, member.resident_id is not null from pub.current_generation as pointer,"
        " unnest(verification.identify(%s, pointer.generation)) as member order by 1"
    )
    assert given.rows(found, Jsonb({"members": asked})) == [("余晨梓", False), ("余杰", True)]


def test_accounts_that_say_nothing_join_no_households(given: Given) -> None:
    accounts = (
        "select outcome, evidence -> 'facts' ->> 'reason', count(*) from rules.finding"
        " where rule_code = 'B07' and aid_household_no between 'JZ42020200090000' and 'JZ42020200090011' group by 1, 2"
    )
    assert given.rows(accounts) == [("not_assessable", "account_missing", 12)]
    told = (
        "select subject, split_part(description, ' ', 1) from ops.gate_result where not success"
        " and subject like 'pipeline4.%' order by 1"
    )
    assert given.rows(told) == [
        ("pipeline4.aid_household.20250705.delta.10", "银行账号"),
        ("pipeline4.population.20250705.delta.10", "行政区划代码"),
    ]


def test_deaths_are_of_the_day_that_workbooks_say(given: Given) -> None:
    assert given.rows(
        "select count(*), count(distinct resident.died_on), max(resident.died_on) from marts.cremation"
        " inner join marts.resident using (resident_id) where cremation.delivery_id ~ '^(xlsx|pipeline4)'"
    ) == [(4, 1, date(2025, 6, 20))]


def test_an_alert_on_a_broken_header_repeats_no_name(given: Given) -> None:
    (detail,) = (
        detail
        for subject, detail in given.rows(
            "select subject, detail from ops.alert where kind = 'delivery_refused'"
        )
        if subject.startswith("csv_header_joined")
    )
    assert not [value for value in ("许样", "420202198101034516", "6222000000000000001") if value in detail]
