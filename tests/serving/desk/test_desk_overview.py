"""一览: numbers of one's own divisions, and the drawings made of them."""

import re
from datetime import date
from decimal import Decimal
from io import BytesIO

import openpyxl
import pytest
from at_the_desk import ELSEWHERE, HERE, MINE, Officers, add_finding
from hand_made_family import Family

from serving.desk.charts import Bar, Month, line, months_of, stacked
from serving.desk.overview import on_file
from warehouse.casework.overview import Interval, interval, overview


def test_numbers_are_of_one_s_own_divisions(family: Family, officers: Officers) -> None:
    family.add(
        "rule_parameter", rule_code="*", parameter="confidence_z", division_code="000000", value=2,
        valid_from=date(2024, 1, 1),
    )  # fmt: skip
    family.add(
        "rule_precision",
        rule_code="D02",
        division_code=HERE,
        decided_count=4,
        right_count=3,
        is_observed=False,
    )
    for finding_id, rule_code, days in (("missed", "F01", 1), ("dead", "A01", 9)):
        add_finding(
            family, finding_id, HERE, rule_code=rule_code, first_on=date(2025, 6, 1),
            last_on=date(2025, 6, days), amount_yuan=100,
        )  # fmt: skip
    family.publish()
    here, elsewhere = officers.add("张三", HERE).enter(), officers.add("王五", ELSEWHERE).enter()
    here.post(f"/findings/{MINE[4]}/decide", reason="confirmed:STOPPED", seen="0.0", recovered="1,250.50 元")
    # The officer's login, as its own connection to the database would be.
    family.connection.commit()
    family.execute(f"set session authorization {here.login}")
    told = overview(family.connection)
    assert overview(family.connection, ELSEWHERE)["rules"] == []
    family.execute("reset session authorization")
    assert told["totals"] == {
        "open": 6, "overdue": 0, "decided": 1, "confirmed": 1, "at_stake_yuan": 6200, "confirmed_yuan": 4000,
        "recovered": 1, "recovered_yuan": 1250.5,
    }  # fmt: skip
    assert told["after_death"] == {"findings": 1, "days": 9, "yuan": 100}
    assert (told["sides"]["missed"], told["sides"]["beyond"]) == (1, 6)
    (rule,) = [rule for rule in told["rules"] if rule["rule_code"] == "D02"]
    assert (rule["open"], rule["confirmed"], rule["severity"], rule["recovered_yuan"]) == (
        4,
        1,
        "red",
        1250.5,
    )
    assert [place["recovered_yuan"] for place in told["divisions"]] == [1250.5]
    assert rule["precision"] == interval(3, 4, 2)
    assert told["ages"][0]["open"] == 6
    assert told["months"][-1] | {"month": ""} == {"month": "", "found": 7, "decided": 1}
    page = here.get("/overview").text
    assert "6,200.00" in page
    assert "1,250.50" in page
    assert ELSEWHERE not in page
    alone = on_file(told)
    assert "1,250.50" in alone
    assert not re.search(r"(?:href|src|action)=\"(?!data:,)", alone), "it needs nothing beside it"
    theirs = elsewhere.get("/overview").text
    assert "1,200.00" in theirs
    assert "6,200.00" not in theirs
    assert here.get("/overview?division=4202x").status_code == 400


def test_an_amount_counts_once_when_a_finding_gets_another_number(family: Family, officers: Officers) -> None:
    ids = {"of_then": 31, "of_now": 30, "of_another_year": 31}
    for finding_id, last_day in ids.items():
        year = 2023 if finding_id == "of_another_year" else 2025
        add_finding(
            family, finding_id, HERE, rule_code="A01", first_on=date(year, 5, 1), last_on=date(year, 5, last_day),
            subject_resident_id=1, amount_yuan=100,
        )  # fmt: skip
    family.publish()
    here = officers.add("张三", HERE).enter()

    def total() -> Decimal:
        family.connection.commit()
        family.execute(f"set session authorization {here.login}")
        told = overview(family.connection)
        family.execute("reset session authorization")
        return Decimal(told["totals"]["recovered_yuan"])

    for finding_id in ("of_then", "of_another_year"):
        here.post(f"/findings/{finding_id}/decide", reason="confirmed:STOPPED", seen="0.0", recovered="100")
    for finding_id in ("of_then", "of_another_year"):
        family.execute("delete from rules.finding where finding_id = %s", [finding_id])
    family.publish()
    assert total() == 200, "of what is no longer found it stays"
    here.post("/findings/of_now/decide", reason="confirmed:STOPPED", seen="0.0", recovered="90")
    assert total() == 190


def test_tables_of_statistics_are_those_of_one_s_own_divisions(family: Family, officers: Officers) -> None:
    for division_code, count in ((HERE, 12), (ELSEWHERE, 30)):
        for table, kind in (
            ("statistics_benefit_month", {"age_band": "all", "sex_code": "all", "recipient_count": count}),
            (
                "statistics_benefit_place",
                {"street_code": "all", "village_code": "all", "recipient_count": count},
            ),
            ("statistics_assistance_quarter", {"settlement": "all", "person_count": count}),
        ):
            family.add(
                table, benefit_month="2025-06-01", division_code=division_code, benefit_code="DB", is_suppressed=False,
                paid_yuan=count * 100, **kind,
            )  # fmt: skip
    family.publish()
    here = officers.add("张三", HERE).enter()
    assert "统计报表" in here.get("/overview").text
    for form, expected in (("monthly", [12, 1200]), ("quarterly", [0.12, 12])):
        answer = here.get(f"/statistics/{form}.xlsx?month=2025-06")
        assert answer.status_code == 200
        book = openpyxl.load_workbook(BytesIO(answer.content))
        found = [
            cell
            for sheet in book
            for line in sheet.iter_rows(values_only=True)
            for cell in line
            if isinstance(cell, int | float)
        ]
        assert set(expected) <= set(found)
        assert not {30, 3000, 0.3} & set(found)
    for asked, status in (
        ("monthly.xlsx?month=2025-05", 404),
        ("monthly.xlsx?month=x", 400),
        ("other.xlsx", 404),
    ):
        assert here.get(f"/statistics/{asked}").status_code == status
    assert "统计报表" not in officers.add("赵六", "420299").enter().get("/overview").text


def test_an_interval_is_wide_where_little_was_decided() -> None:
    assert interval(0, 0, 2) is None
    assert interval(1, 2, None) is None
    found = interval(5, 10, Decimal(2))
    assert found is not None
    assert found.share == 0.5
    assert (round(found.lower, 4), round(found.upper, 4)) == (0.2327, 0.7673)
    assert interval(1, 1, 2) == Interval(1, pytest.approx(0.2), pytest.approx(1))


def test_drawings_keep_their_proportions() -> None:
    assert stacked({"open": 3, "confirmed": 0, "cleared": 1}, 8, 80) == [
        Bar("open", 0, 30, 3), Bar("cleared", 30, 10, 1),
    ]  # fmt: skip
    assert stacked({"open": 0}, 0, 80) == []
    assert line([0, 5, 10], 10, 100, 20) == "0.0,20.0 50.0,10.0 100.0,0.0"
    paid = [{"month": "2025-01-01", "yuan": Decimal(9)}]
    assert months_of(paid, date(2025, 2, 3), 3) == [
        Month("2024-12", "2024", None), Month("2025-01", "2025", Decimal(9)), Month("2025-02", "", None),
    ]  # fmt: skip
