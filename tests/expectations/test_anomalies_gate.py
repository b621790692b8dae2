"""The anomalies suite counts what must not be, and leaves alone what looks similar and may be."""

import csv
from datetime import date
from typing import Any

from small_warehouse import MARKER_NUMBER, SmallWarehouse

from expectations.anomalies import ANOMALIES, gate_anomalies
from warehouse.pipeline.dbt import PROJECT


def paid(resident_id: int | None, benefit_code: str, month: str, **more: Any) -> dict[str, Any]:
    return {
        "resident_id": resident_id,
        "benefit_code": benefit_code,
        "benefit_month": f"{month}-01",
        "case_no": f"{benefit_code}{resident_id}",
        "division_code": "420202",
        **more,
    }


def counts(marts: SmallWarehouse) -> dict[str, int]:
    report = gate_anomalies(marts.engine, 7)
    assert report.passed
    assert report.subject == "generation:7"
    return {result.rule_code: result.unexpected_count for result in report.results if result.unexpected_count}


def test_empty_marts_hold_no_anomaly(marts: SmallWarehouse) -> None:
    assert counts(marts) == {}
    recorded = marts.rows("select distinct gate, subject, severity, success from ops.gate_result")
    assert recorded == [("anomalies", "generation:7", "warning", True)]


def test_one_month_one_district_and_programmes_that_exclude_each_other(marts: SmallWarehouse) -> None:
    marts.add(
        "marts.benefit_month_person",
        # B01: 1 in two districts; 2 moved from one to the other; nobody is counted for the unresolved.
        paid(1, "DB", "2025-01"),
        paid(1, "DB", "2025-01", division_code="420203"),
        paid(1, "DB", "2025-02"),
        paid(1, "DB", "2025-02", division_code="420203"),
        paid(2, "DB", "2025-01"),
        paid(2, "DB", "2025-02", division_code="420203"),
        paid(None, "DB", "2025-01"),
        paid(None, "DB", "2025-01", division_code="420203"),
        # B02: 3; 4 was converted.
        paid(3, "DB", "2025-01"),
        paid(3, "TK", "2025-01"),
        paid(4, "DB", "2025-01"),
        paid(4, "TK", "2025-02"),
        # B03: 5. B04: 6 and 7. B06: 8 with both subsidies counts once.
        paid(5, "HL", "2025-03"),
        paid(5, "YL", "2025-03"),
        paid(6, "CJ", "2025-03"),
        paid(6, "GE", "2025-03"),
        paid(7, "CJ", "2025-03"),
        paid(7, "SW", "2025-03"),
        paid(8, "TK", "2025-03"),
        paid(8, "CJ", "2025-03"),
        paid(8, "HL", "2025-03"),
        # Allowed together.
        paid(9, "DB", "2025-03"),
        paid(9, "CJ", "2025-03"),
        paid(9, "HL", "2025-03"),
    )
    assert counts(marts) == {"B01": 1, "B02": 1, "B03": 1, "B04": 2, "B06": 1}


def built_on(marts: SmallWarehouse, day: str) -> None:
    """The day of the last delivery taken in, with a current register of cards."""
    marts.land("payment", "last", [], day=date.fromisoformat(day))
    marts.connection.execute(b"update ops.delivery set status = 'accepted'")
    marts.add(
        "marts.source_freshness_by_division",
        {"feed": "disability_card", "division_code": "000000", "is_stale": False},
    )


def test_the_dead(marts: SmallWarehouse) -> None:
    built_on(marts, "2025-06-30")
    marts.add(
        "marts.resident",
        {"resident_id": 1, "id_number": MARKER_NUMBER, "died_on": "2025-03-02"},
        {"resident_id": 2, "died_on": "2025-03-31"},
        {"resident_id": 3, "died_on": "2025-03-02"},
        {"resident_id": 4, "died_on": None},
    )
    marts.add(
        "marts.aid_household_member",
        {"aid_household_no": "JZ1", "resident_id": 3},
        {"aid_household_no": "JZ1", "resident_id": 4},
        {"aid_household_no": "JZ2", "resident_id": 3},
    )
    marts.add(
        "marts.benefit_month_person",
        paid(1, "GL", "2025-04"),
        paid(2, "GL", "2025-03"),  # the month of death is due
        paid(3, "DB", "2025-05", aid_household_no="JZ1"),  # a member lives
    )
    marts.add(
        "marts.eldercare_stay",
        {"stay_no": "1", "resident_id": 1, "entered_on": "2024-01-01", "left_on": None},
        {"stay_no": "2", "resident_id": 2, "entered_on": "2024-01-01", "left_on": "2025-04-03"},
    )
    marts.add(
        "marts.cremation",
        {"cremation_no": "H1", "resident_id": 1},
        {"cremation_no": "H2", "resident_id": 1},
        {"cremation_no": "H3", "resident_id": 2},
        {"cremation_no": "H4", "resident_id": None},
        {"cremation_no": "H5", "resident_id": None},
    )
    assert counts(marts) == {"A01": 1, "A02": 1, "A03": 1}
    marts.add("marts.benefit_month_person", paid(3, "DB", "2025-05", aid_household_no="JZ2"))
    assert counts(marts)["A01"] == 2


def test_marriages_households_and_property(marts: SmallWarehouse) -> None:
    def marriage(
        number: str, husband: int, wife: int, start: str, end: str | None = None, ended_by: str | None = None
    ) -> dict[str, Any]:
        return {
            "certificate_no": number,
            "husband_resident_id": husband,
            "wife_resident_id": wife,
            "registered_on": start,
            "ended_on": end,
            "ended_by": ended_by,
        }

    marts.add("marts.resident", {"resident_id": 1, "is_registered": True})
    marts.add(
        "marts.marriage_spell",
        marriage("J1", 1, 2, "2010-01-01", "2015-01-01"),
        marriage("J2", 1, 3, "2015-01-01"),  # on the day the first ended: no overlap
        marriage("J3", 4, 3, "2020-01-01"),  # 3 is still married to 1
        marriage("J4", 6, 5, "1980-01-01"),  # nobody knows whether 6 still lived when 5 married again
        marriage("J5", 7, 5, "2020-01-01"),
        marriage("J6", 1, 8, "2010-01-01", "2011-01-01", "revoked"),
    )
    for number, is_active, kind in (("JZ1", True, "DB"), ("JZ2", True, "DB"), ("JZ3", False, "DB")):
        marts.add(
            "marts.aid_household",
            {
                "aid_household_no": number,
                "aid_type_code": kind,
                "is_active": is_active,
                "aided_until": "2025-01-15",
            },
        )

    def member(number: str, resident_id: int, valid_to: str | None = None) -> dict[str, Any]:
        return {
            "aid_household_no": number, "resident_id": resident_id, "is_covered": True, "valid_to": valid_to,
        }  # fmt: skip

    marts.add(
        "marts.aid_household_member",
        member("JZ1", 1),
        member("JZ1", 2),
        member("JZ2", 2),  # C04
        member("JZ2", 1, "2025-01-01"),  # left it
        member("JZ3", 1),  # not active
        member("JZ2", 3),
    )

    marts.add(
        "marts.aid_household_member",
        {"aid_household_no": "JZ1", "resident_id": 3, "is_covered": False},  # declared, aided elsewhere
    )

    def owned(resident_id: int, kind: str, number: str, **more: Any) -> dict[str, Any]:
        return {
            "resident_id": resident_id, "property_kind": kind, "item_no": number, "is_in_force": True, **more,
        }  # fmt: skip

    marts.add(
        "marts.property_item",
        owned(1, "dwelling", "U1"),
        owned(2, "dwelling", "U1"),  # held in common
        owned(3, "dwelling", "U2"),
        owned(3, "dwelling", "U3"),  # D03: JZ2
        owned(1, "company_role", "C1", detail="法定代表人"),  # D01
        owned(1, "company_role", "C1", detail="股东"),
        owned(3, "company_role", "C2", detail="监事"),
        owned(2, "company_role", "C3", detail="股东", is_in_force=False),
        owned(1, "vehicle", "V1", detail="K33", value_yuan=20_000),  # not above the limit
        owned(3, "vehicle", "V2", detail="K33", value_yuan=20_001),  # D02
        owned(2, "vehicle", "V3", detail="C21", value_yuan=50_000),  # mobility vehicle
    )
    marts.add(
        "marts.benefit_month",
        {"aid_household_no": "JZ3", "benefit_month": "2025-01-01", "is_paid": True},  # the month of stopping
        {"aid_household_no": "JZ3", "benefit_month": "2025-02-01", "is_paid": False},
        {"aid_household_no": "JZ1", "benefit_month": "2025-02-01", "is_paid": True},  # E03
        {"aid_household_no": "JZ1", "benefit_month": "2025-03-01", "is_paid": True},
    )
    assert counts(marts) == {"C03": 1, "C04": 1, "D01": 1, "D02": 1, "D03": 1, "E03": 1}


def test_ages(marts: SmallWarehouse) -> None:
    marts.add(
        "marts.resident",
        {"resident_id": 1, "born_on": "1945-03-20"},
        {"resident_id": 2, "born_on": "2007-03-20"},
    )
    marts.add(
        "marts.benefit_month_person",
        paid(1, "GL", "2025-03"),
        paid(2, "GE", "2025-03"),
    )
    assert counts(marts) == {}
    marts.add("marts.benefit_month_person", paid(1, "GL", "2025-02"), paid(2, "GE", "2025-04"))
    assert counts(marts) == {"E01": 1, "E05": 1}


def test_care_cards_approved_amounts_and_invalid_numbers(marts: SmallWarehouse) -> None:
    built_on(marts, "2025-06-30")
    marts.add("marts.resident", *({"resident_id": number, "name": f"甲{number}"} for number in range(1, 6)))
    marts.add(
        "marts.eldercare_stay",
        {"stay_no": "1", "resident_id": 1, "entered_on": "2025-03-15", "left_on": "2025-05-20"},
    )
    marts.add(
        "marts.disability_card",
        {"resident_id": 2, "disability_level": 2, "is_valid": True, "counts_until": "2025-04-30"},
        {"resident_id": 3, "disability_level": 3, "is_valid": True, "counts_until": "2035-04-30"},
        {"resident_id": None, "name": "甲4", "disability_level": 1, "is_valid": True},
    )
    marts.add(
        "marts.benefit_month_person",
        paid(1, "YL", "2025-03"),  # the month of entry
        paid(1, "YL", "2025-05"),  # the month of leaving
        paid(2, "HL", "2025-04"),  # the card reaches it
        paid(4, "HL", "2025-04"),  # a card nobody can read may be this person's
    )
    marts.add(
        "marts.benefit_standard",
        {
            "division_code": "420202",
            "standard_code": "DB_URBAN",
            "amount_yuan": 600,
            "valid_from": "2020-01-01",
        },
        {
            "division_code": "420202",
            "standard_code": "DB_URBAN",
            "amount_yuan": 700,
            "valid_from": "2025-03-01",
        },
    )
    marts.add(
        "marts.aid_household",
        {
            "aid_household_no": "JZ1", "aid_type_code": "DB", "urban_rural": "urban", "division_code": "420202",
            "approved_on": "2024-01-01", "monthly_amount_yuan": 700,
        },
    )  # fmt: skip
    marts.add(
        "marts.entitlement",
        {"entitlement_no": "GL7", "id_number_note": "checksum"},
        {"entitlement_no": "GL8", "id_number_note": "missing"},
        {"entitlement_no": "GL9", "resident_id": 5},
    )

    def month(case: str, month: str, yuan: int) -> dict[str, Any]:
        household = case if case.startswith("JZ") else None
        return {
            "case_no": case, "aid_household_no": household, "benefit_month": f"{month}-01", "is_paid": True,
            "paid_yuan": yuan,
        }  # fmt: skip

    marts.add(
        "staging.stg_aid_household",
        {"aid_household_no": "JZ1", "monthly_amount_yuan": 800, "updated_at": "2025-02-01 09:00+08"},
        {"aid_household_no": "JZ1", "monthly_amount_yuan": 700, "updated_at": "2025-04-02 09:00+08"},
    )
    marts.add(
        "marts.benefit_month",
        month("JZ1", "2025-02", 600),  # before the standard changed
        month("JZ1", "2025-03", 700),
        month("JZ1", "2025-04", 800),  # before its amount was changed
        month("GL8", "2025-03", 50),
        month("GL9", "2025-03", 50),
    )
    assert counts(marts) == {}
    marts.add(
        "marts.benefit_month_person",
        paid(1, "YL", "2025-04"),  # B05
        paid(2, "HL", "2025-05"),  # E02: ran out
        paid(3, "HL", "2025-05"),  # E02: level 3
    )
    marts.add("marts.benefit_month", month("JZ1", "2025-05", 650), month("GL7", "2025-04", 50))
    assert counts(marts) == {"B05": 1, "E02": 2, "E04": 1, "E07": 1}


def dibao(marts: SmallWarehouse, number: str, *members: dict[str, Any]) -> None:
    marts.add(
        "marts.aid_household",
        {
            "aid_household_no": number, "aid_type_code": "DB", "urban_rural": "urban", "division_code": "420202",
            "is_active": True,
        },
    )  # fmt: skip
    numbered = ({"aid_household_no": number, "member_no": place, **one} for place, one in enumerate(members))
    marts.add("marts.aid_household_member", *numbered)


def test_spouses_who_are_not_declared(marts: SmallWarehouse) -> None:
    built_on(marts, "2025-06-30")
    residents = [{"resident_id": number, "is_registered": True} for number in range(1, 10)]
    residents[5] |= {"died_on": "2025-01-01"}  # 6
    residents[7] |= {"is_registered": False}  # 8: may have died long ago
    marts.add("marts.resident", *residents)
    for husband, wife in ((1, 2), (3, 4), (5, 6), (7, 8)):
        marts.add(
            "marts.marriage_spell",
            {
                "certificate_no": f"J{husband}", "husband_resident_id": husband, "wife_resident_id": wife,
                "husband_name": f"夫{husband}", "wife_name": f"妻{wife}", "registered_on": "2010-01-01",
            },
        )  # fmt: skip
    dibao(marts, "JZ1", {"resident_id": 1}, {"resident_id": 2})
    dibao(marts, "JZ2", {"resident_id": 3}, {"resident_id": None, "name": "妻4"})  # a faulty number
    dibao(marts, "JZ3", {"resident_id": 5})
    dibao(marts, "JZ4", {"resident_id": 7})
    assert counts(marts) == {}
    marts.connection.execute(
        b"delete from marts.aid_household_member where aid_household_no = 'JZ2' and member_no = 1"
    )
    assert counts(marts) == {"C01": 1}


def test_income_above_the_standard_for_longer_than_the_phase_out(marts: SmallWarehouse) -> None:
    """The standard is 600 a head, the phase-out one month."""
    built_on(marts, "2025-06-30")
    marts.add(
        "marts.benefit_standard",
        {
            "division_code": "420202",
            "standard_code": "DB_URBAN",
            "amount_yuan": 600,
            "valid_from": "2020-01-01",
        },
    )

    def income(resident_id: int, month: str, yuan: int) -> dict[str, Any]:
        return {
            "resident_id": resident_id, "income_kind": "wage", "income_month": f"{month}-01", "amount_yuan": yuan,
        }  # fmt: skip

    dibao(marts, "JZ1", {"resident_id": 1}, {"resident_id": 2})
    dibao(marts, "JZ2", {"resident_id": 3}, {"resident_id": None})  # an unknown member counts as a head
    marts.add(
        "marts.income_item",
        *(income(number, month, 1200) for number in (1, 3) for month in ("2025-04", "2025-05")),
        income(1, "2025-07", 9000),  # not yet
    )
    assert counts(marts) == {}  # 600 is not above 600
    marts.add("marts.income_item", income(2, "2025-05", 1))
    assert counts(marts) == {}  # one month is within the phase-out
    marts.add("marts.income_item", income(2, "2025-04", 1))
    assert counts(marts) == {"D04": 1}


def test_every_red_rule_is_stated() -> None:
    with (PROJECT / "seeds" / "rules" / "anomaly_rule.csv").open(encoding="utf-8") as file:
        red = {row["rule_code"] for row in csv.DictReader(file) if row["severity"] == "red"}
    assert red <= {anomaly.rule_code for anomaly in ANOMALIES}


def test_every_anomaly_points_to_a_rule_and_names_nobody(marts: SmallWarehouse) -> None:
    marts.add("marts.resident", {"resident_id": 1, "id_number": MARKER_NUMBER, "died_on": "2025-03-02"})
    marts.add("marts.benefit_month_person", paid(1, "GL", "2025-04"))
    report = gate_anomalies(marts.engine, 1)
    assert all(result.rule_code for result in report.results)
    assert MARKER_NUMBER not in str(marts.rows("select to_jsonb(result) from ops.gate_result as result"))
