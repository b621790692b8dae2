"""The pieces an answer is put together of, each by itself; the planner sees through those that read tables."""

from datetime import date
from typing import Any

import psycopg
import pytest
from hand_made_family import MAY, SINCE, TODAY, Family
from psycopg.types.json import Jsonb

ASKED = "%(asked)s::verification.asked_member[]"
# A call of each piece that reads tables.
CALLS = {
    "opened": "opened(null, 1, current_date)",
    "leading_parameters": "leading_parameters('{000000,420203}', 1, current_date)",
    "nearest_standard": "nearest_standard('{000000,420203}', 'urban', 1, current_date)",
    "counted_months": "counted_months(1)",
    "spells": f"spells({ASKED}, '{{1}}', 1, true)",
    "incomes": "incomes('{1,2}', 1, null, '{2025-05-01}', 0.5)",
    "properties": "properties('{1,2}', 1, null)",
    "named_in": "named_in('{1,2,3}', 1)",
    "findings_on": "findings_on('{1}', '{JZ1}', 1, null)",
}


@pytest.fixture
def family(connection: psycopg.Connection) -> Family:
    family = Family(connection)
    family.add(
        "marriage_spell", certificate_no="J0", husband_resident_id=1, wife_resident_id=4, husband_name="王一",
        wife_name="赵四", registered_on=date(2000, 1, 1), ended_on=date(2005, 1, 1), ended_by="death",
    )  # fmt: skip
    family.add(
        "benefit_standard", division_code="000000", standard_code="DB_URBAN", amount_yuan=1, valid_from=SINCE
    )
    family.add("temporary_aid", temporary_aid_no="LS1", resident_id=3)
    for finding_id, subject, household, feed in (
        ("f1", 1, None, "vehicle"),
        ("f2", None, "JZ1", "company"),
        ("f3", None, "JZ2", "vehicle"),
        ("f4", 2, None, "vehicle"),
    ):
        family.add(
            "finding", finding_id=finding_id, rule_code="D02", outcome="hit", severity="red",
            subject_resident_id=subject, aid_household_no=household, evidence=Jsonb({"sources": [{"feed": feed}]}),
        )  # fmt: skip
    family.publish()
    return family


def rows(family: Family, query: str) -> list[tuple[Any, ...]]:
    request = [Jsonb(family.request())]
    ((asked,),) = family.connection.execute("select verification.identify(%s, 1)::text", request).fetchall()
    return family.connection.execute(query.encode(), {"asked": asked}).fetchall()


def told(family: Family, columns: str, call: str) -> list[tuple[Any, ...]]:
    return rows(family, f"select {columns} from verification.{call} order by {columns}")


@pytest.mark.parametrize("piece", CALLS)
def test_the_planner_sees_through_what_reads(family: Family, piece: str) -> None:
    plan = [line for (line,) in rows(family, f"explain select * from verification.{CALLS[piece]}")]
    assert not [line for line in plan if f"Function Scan on {piece}" in line]
    assert [line for line in plan if "Scan" in line]


def test_what_is_not_opened_is_not_opened(family: Family) -> None:
    assert rows(family, f"select * from verification.{CALLS['opened']}") == [(True,) * 7]
    opens = "population, deaths, vehicle, other_property"
    assert told(family, opens, "opened('{population,vehicle}', 1, current_date)") == [
        (True, False, True, True)
    ]
    family.add_source("property_record")
    family.publish()
    of_new = "opened('{population,vehicle}', 2, current_date)"
    assert told(family, opens, of_new) == [(True, False, True, False)], "somebody sends it, and it is closed"


def test_what_is_laid_down_nearest_goes_before(family: Family) -> None:
    family.add("rule_parameter", rule_code="D03", parameter="max_dwellings", division_code="420203", value=2,
               valid_from=SINCE)  # fmt: skip
    family.publish()
    parameters = {"vehicle_value_limit_yuan": 50000, "max_dwellings": 2, "pension_counted_share": 1}
    of_new = "leading_parameters('{000000,420203}', 2, current_date)"
    assert told(family, "known", of_new) == [(parameters,)]
    standard = "division_code, amount_yuan"
    assert told(family, standard, CALLS["nearest_standard"]) == [("420203", 800)]
    assert told(family, standard, "nearest_standard('{000000}', 'urban', 1, current_date)") == [("000000", 1)]
    assert told(family, standard, "nearest_standard('{000000}', 'rural', 1, current_date)") == []


def test_a_marriage_stands_where_its_end_by_death_is_not_told(family: Family) -> None:
    spells = "partner_id, ended_on, partner_member_no"
    assert told(family, spells, CALLS["spells"]) == [(2, None, 2), (4, date(2005, 1, 1), None)]
    assert told(family, spells, f"spells({ASKED}, '{{1}}', 1, false)") == [(2, None, 2), (4, None, None)]


def test_months_incomes_and_property(family: Family) -> None:
    assert told(family, "month_count, first_month", CALLS["counted_months"]) == [(2, MAY)]
    of_may = "resident_id, counted_yuan from verification.{} where is_counted order by 1".format(
        CALLS["incomes"]
    )
    assert rows(family, f"select {of_may}") == [(1, 1000), (2, 250)]
    assert told(family, "feed", "incomes('{1,2}', 1, '{vehicle}', '{2025-05-01}', 1)") == []
    opened = "properties('{1,2}', 1, '{vehicle}')"
    assert told(family, "item_no, is_told", opened) == [("FW1", False), ("鄂B00001", True)]


def test_who_is_named_where(family: Family) -> None:
    assert told(family, "feed, resident_id", CALLS["named_in"]) == [("temporary_aid", 3)]


def test_findings_on_people_and_their_households_from_opened_sources(family: Family) -> None:
    assert told(family, "finding_id", CALLS["findings_on"]) == [("f1",), ("f2",)]
    assert told(family, "finding_id", "findings_on('{1}', '{JZ1}', 1, '{company}')") == [("f2",)]


DAY = f"'{TODAY}'"


@pytest.mark.parametrize(
    ("judged", "expected"),
    [
        (f"source_status(false, true, {DAY}, false)", "not_authorized"),
        (f"source_status(true, true, {DAY}, true)", "hit"),
        ("source_status(true, false, null, true)", "unavailable"),
        (f"source_status(true, false, {DAY}, true)", "stale"),
        (f"source_status(true, false, {DAY}, false)", "not_hit"),
        ("marital_status(true, true, null)", None),
        ("marital_status(null, true, 'divorce')", "married"),
        ("marital_status(false, false, 'divorce')", "divorced"),
        ("marital_status(false, false, 'death')", "widowed"),
        ("marital_status(false, null, null)", "no_record"),
        ("income_against_standard(801, 800, true)", "above"),
        ("income_against_standard(800, 800, true)", "not_assessable"),
        ("income_against_standard(800, null, false)", "not_assessable"),
        ("income_against_standard(800, 800, false)", "not_above"),
    ],
)
def test_what_is_judged(connection: psycopg.Connection, judged: str, expected: str | None) -> None:
    assert connection.execute(f"select verification.{judged}".encode()).fetchone() == (expected,)
