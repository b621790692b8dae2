"""The release gate: compared with what readers see, and never a bare number on the way to them."""

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from small_warehouse import MARKER_NAME, MARKER_NUMBER, SERVED, SmallWarehouse

from expectations.gate import GateReport
from expectations.release import ReleaseLimits, gate_release
from ingestion.contract import Contract, load_contracts

DAY = date(2025, 6, 25)
INSURANCE = load_contracts()["social_insurance"]


def finding(number: int, rule_code: str = "B01", **evidence: Any) -> dict[str, Any]:
    return {
        "finding_id": f"{rule_code}-{number}",
        "rule_code": rule_code,
        "subject_resident_id": number,
        "outcome": "hit",
        "evidence": {"facts": {"month_count": 3, **evidence}, "sources": []},
    }


def release(marts: SmallWarehouse, **limits: Any) -> GateReport:
    return gate_release(marts.engine, 2, SERVED, ReleaseLimits(**limits))


def concerns(report: GateReport) -> set[tuple[str, str | None]]:
    return {(result.severity, result.rule_code) for result in report.results if not result.success}


@pytest.fixture
def second(marts: SmallWarehouse) -> SmallWarehouse:
    """Marts built for generation 2, equal to the published generation 1: 100 residents, 30 findings."""
    marts.publish(1, DAY)
    residents = [{"resident_id": number, "masked_id_number": "420202********0011"} for number in range(100)]
    marts.add("marts.resident", *residents)
    marts.add_published("resident", *residents)
    months = [
        {"case_no": f"JZ{number}", "benefit_code": "DB", "benefit_month": "2025-05-01"}
        for number in range(100)
    ]
    marts.add("marts.benefit_month", *({**month, "is_paid": True, "paid_yuan": 1000} for month in months))
    marts.add_published("benefit_month", *({**month, "is_paid": True, "paid_yuan": 1000} for month in months))
    marts.add(
        "marts.benefit_month_person",
        *(
            {"resident_id": number, "benefit_code": "DB", "benefit_month": "2025-05-01"}
            for number in range(1000)
        ),
    )
    for number in range(30):
        marts.add("rules.finding", finding(number))
        marts.add_published("finding", finding(number))
    marts.add("rules.coverage", {"rule_code": "B01", "division_code": "420202", "assessed": 1000})
    marts.add_published(
        "coverage",
        {"rule_code": "B01", "division_code": "420202", "assessed": 1000, "hits": 30, "not_assessable": 0},
    )
    return marts


def test_the_first_generation_is_compared_with_nothing(marts: SmallWarehouse) -> None:
    marts.add("rules.finding", *(finding(number) for number in range(10)))
    report = gate_release(marts.engine, 1, SERVED)
    assert report.passed
    assert report.warnings == ()
    assert marts.value("select count(*) from ops.gate_result where subject = 'generation:1'") == len(
        report.results
    )


def test_the_same_again_passes_without_a_word(second: SmallWarehouse) -> None:
    report = release(second)
    assert report.passed
    assert concerns(report) == set()


def test_a_jump_in_the_hits_of_a_rule_is_flagged_and_published(second: SmallWarehouse) -> None:
    second.add("rules.finding", *(finding(number) for number in range(100, 120)))
    assert concerns(release(second)) == set()  # 20 more: within the slack
    second.add("rules.finding", finding(120))
    report = release(second)
    assert report.passed
    assert concerns(report) == {("warning", "B01")}
    (jump,) = report.warnings
    assert jump.observed == {"value": 51, "min_count": 10, "max_count": 50}


def test_findings_that_vanish_are_flagged(second: SmallWarehouse) -> None:
    second.connection.execute("delete from rules.finding where subject_resident_id >= 5")
    assert concerns(release(second)) == {("warning", "B01")}


def test_an_emptied_table_closes_the_gate(second: SmallWarehouse) -> None:
    second.connection.execute("delete from marts.benefit_month")
    report = release(second)
    assert not report.passed
    assert any("benefit_month" in result.description for result in report.closing)


@pytest.mark.parametrize(
    ("lost", "severities"), [(20, set()), (25, {"warning"}), (40, {"warning", "critical"})]
)
def test_residents_that_are_lost(second: SmallWarehouse, lost: int, severities: set[str]) -> None:
    second.connection.execute("delete from marts.resident where resident_id < %s", [lost])
    report = release(second)
    assert {result.severity for result in (*report.closing, *report.warnings)} == severities


@pytest.mark.parametrize(
    ("yuan", "severities"), [(900, set()), (600, {"warning", "critical"}), (1300, {"warning"})]
)
def test_money_of_months_gone_by(second: SmallWarehouse, yuan: int, severities: set[str]) -> None:
    second.connection.execute("update marts.benefit_month set paid_yuan = %s", [yuan])
    report = release(second, slack_yuan=0, total_change=0.1)
    assert {result.severity for result in (*report.closing, *report.warnings)} == severities


def test_the_current_month_may_grow(second: SmallWarehouse) -> None:
    month = {"benefit_month": "2025-06-01", "is_paid": True, "paid_yuan": 900_000}
    second.add("marts.benefit_month", {"case_no": "JZ1", "benefit_code": "DB", **month})
    assert concerns(release(second)) == set()


def test_a_rule_that_flags_a_fifth_of_the_recipients_is_told(second: SmallWarehouse) -> None:
    households = [{"aid_household_no": "JZ1", "resident_id": number} for number in range(201)]
    second.add("marts.aid_household_member", *households)
    second.add("rules.finding", {**finding(1, "D03"), "subject_resident_id": None, "aid_household_no": "JZ1"})
    report = release(second)
    assert report.passed
    assert concerns(report) == {("warning", "D03")}
    assert report.warnings[0].unexpected_count == 201


def test_a_rule_that_judges_fewer_is_told(second: SmallWarehouse) -> None:
    second.connection.execute("update rules.coverage set assessed = 899")
    report = release(second)
    assert report.passed
    assert concerns(report) == {("warning", "B01")}


@pytest.mark.parametrize(
    "number", [MARKER_NUMBER, f"证号{MARKER_NUMBER}。", f"{MARKER_NUMBER}43", "11010519491231002x"]
)
def test_a_bare_number_in_evidence_closes_the_gate(second: SmallWarehouse, number: str) -> None:
    second.add("rules.finding", finding(200, spouse=number, name=MARKER_NAME))
    report = release(second)
    assert not report.passed
    assert [result.unexpected_count for result in report.closing] == [1]
    recorded = str(second.rows("select to_jsonb(result) from ops.gate_result as result")) + repr(report)
    assert MARKER_NUMBER not in recorded
    assert MARKER_NAME not in recorded


def test_masked_numbers_cases_and_longer_numbers_are_no_bare_numbers(second: SmallWarehouse) -> None:
    second.add(
        "rules.finding",
        finding(
            200,
            masked="420202********1234",
            case_no="420202202506010011",
            account="6224420202199001011234",
            month="2025-05-01",
        ),
    )
    assert release(second).passed


def test_an_unmasked_resident_closes_the_gate(second: SmallWarehouse) -> None:
    second.add("marts.resident", {"resident_id": 1000, "masked_id_number": MARKER_NUMBER})
    report = release(second)
    assert [result.unexpected_count for result in report.closing] == [1]


def add_mention(marts: SmallWarehouse, feed: str, delivery_id: str, line_number: int = 1) -> None:
    named = {"feed": feed, "delivery_id": delivery_id, "line_number": line_number, "role": "any"}
    marts.add("marts.person_mention", named | {"delivery_date": DAY})
    marts.add("ops.person_link", named | {"method": "unresolved"})


def test_every_named_person_has_a_mention(marts: SmallWarehouse) -> None:
    """Lists count their items, empty roles name nobody, deliveries not in use are not expected."""
    marts.land(
        "vehicle", "v1", [{"plate_no": "鄂B1", "owner_name": MARKER_NAME, "owner_id_number": MARKER_NUMBER}]
    )
    officers = json.dumps(
        [{"角色": "股东", "姓名": MARKER_NAME}, {"角色": "股东", "姓名": "", "证件号": None}]
    )
    marts.land("company", "c1", [{"company_no": "9142", "officers": officers}])
    marts.land("cremation", "h1", [{"cremation_no": "H1", "deceased_name": MARKER_NAME, "agent_name": ""}])
    marts.connection.execute("update ops.delivery set status = 'accepted'")
    marts.land("vehicle", "held", [{"plate_no": "鄂B2", "owner_name": MARKER_NAME}])
    marts.connection.execute("update ops.delivery set status = 'held' where status = 'landed'")
    for feed, delivery_id in (("vehicle", "v1"), ("company", "c1"), ("cremation", "h1")):
        add_mention(marts, feed, delivery_id)
    assert release(marts).passed
    add_mention(marts, "vehicle", "v1", line_number=2)
    assert closing(marts) == {"机动车": 1}
    marts.connection.execute("delete from marts.person_mention where delivery_id in ('v1', 'c1')")
    assert closing(marts) == {"机动车": 1, "企业人员": 1}
    marts.connection.execute("delete from ops.person_link where delivery_id in ('v1', 'c1')")
    add_mention(marts, "vehicle", "v1")
    add_mention(marts, "company", "c1")
    add_mention(marts, "nobody", "n1")
    assert closing(marts) == {"人员提及都出自列有人员的记录": 1}


def closing(marts: SmallWarehouse) -> dict[str, int | None]:
    """What closes the gate: the feed, or else the check, with the deliveries it is about."""
    return {result.description.split("：")[0]: result.unexpected_count for result in release(marts).closing}


def test_a_mention_that_linkage_passed_over_closes_the_gate(marts: SmallWarehouse) -> None:
    marts.land("vehicle", "v1", [{"plate_no": "鄂B1", "owner_name": MARKER_NAME, "owner_id_number": ""}])
    marts.connection.execute("update ops.delivery set status = 'accepted'")
    add_mention(marts, "vehicle", "v1")
    assert release(marts).passed  # unresolved, and looked at
    marts.connection.execute("delete from ops.person_link")
    assert [result.unexpected_count for result in release(marts).closing] == [1]


def test_the_same_rows_under_a_new_generation_read_through_the_pointer(second: SmallWarehouse) -> None:
    """Rows that ended before the pointer's generation are not compared with."""
    second.connection.execute("update pub.resident set to_generation = 2 where resident_id >= 50")
    second.publish(2, DAY)
    second.connection.execute("delete from marts.resident where resident_id >= 50")
    assert concerns(release(second)) == set()


def test_a_rule_that_officers_found_wrong_is_told(second: SmallWarehouse) -> None:
    second.add(
        "rules.rule_precision",
        {"rule_code": "B01", "division_code": "420202", "is_observed": True},
        {"rule_code": "D03", "division_code": "420202", "is_observed": False},
    )
    report = release(second)
    assert report.passed
    assert concerns(report) == {("warning", "B01")}


STAGED = """
create table staging.stg_social_insurance (feed text, delivery_date date, status text, is_public_payroll boolean,
    is_revoking boolean);
create table intermediate.int_standing_records (record text, feed text);
alter table marts.income_item add column feed text;
"""


def closed_by(marts: SmallWarehouse, least: int = 2, contract: Contract = INSURANCE) -> list[str]:
    """What of the lines of social insurance would close the gate, by description."""
    from expectations.release_suite import codes_known, records_found_again

    contracts = {"social_insurance": contract}
    records = ["social_insurance"]
    limits = ReleaseLimits(emptied_rows=least)
    expected = [*records_found_again(contracts, records), *codes_known(contracts, limits, records)]
    assert {expectation.severity for expectation in expected} == {"critical"}
    return [
        expectation.description
        for expectation in expected
        if marts.rows(expectation.unexpected_rows_query) != []
    ]


def test_a_list_of_codes_of_which_nothing_is_known_closes_the_gate(marts: SmallWarehouse) -> None:
    marts.connection.execute(STAGED)
    assert closed_by(marts) == []  # nothing came
    marts.add("staging.stg_social_insurance", {"feed": "social_insurance", "is_revoking": False})
    assert closed_by(marts) == ["社会保险（social_insurance）的 状态 至少有一个已知的代码"]
    marts.add(
        "staging.stg_social_insurance", {"feed": "social_insurance", "status": "在缴", "is_revoking": False}
    )
    # Beyond what every line must say only from a number of lines on.
    assert closed_by(marts) == ["社会保险（social_insurance）的 财政供养 至少有一个已知的代码"]
    assert closed_by(marts, least=3) == []
    marts.add(
        "staging.stg_social_insurance",
        {"feed": "social_insurance", "status": "领取", "is_public_payroll": False, "is_revoking": False},
    )
    assert closed_by(marts) == []


def test_a_list_of_codes_is_asked_of_the_lines_of_its_version(marts: SmallWarehouse) -> None:
    """The version before did not send who is on the public payroll."""
    marts.connection.execute(STAGED)
    (binding,) = INSURANCE.bindings
    fewer = {name: value for name, value in binding.values.items() if name != "is_public_payroll"}
    former = replace(INSURANCE, bindings=(replace(binding, values=fewer),))
    contract = replace(INSURANCE, first_day=DAY, earlier=(former,))
    line = {"feed": "social_insurance", "status": "在缴", "is_revoking": False}
    marts.add("staging.stg_social_insurance", *[line | {"delivery_date": date(2025, 6, 24)}] * 2)
    assert closed_by(marts, contract=contract) == []
    marts.add("staging.stg_social_insurance", *[line | {"delivery_date": DAY}] * 2)
    assert closed_by(marts, contract=contract) == [
        "社会保险（social_insurance，自 2025-06-25）的 财政供养 至少有一个已知的代码"
    ]


def test_records_that_come_to_nothing_close_the_gate(marts: SmallWarehouse) -> None:
    marts.connection.execute(STAGED)
    marts.add("intermediate.int_standing_records", {"record": "income_record", "feed": "social_insurance"})
    marts.add("marts.income_item", {"feed": "aid_household"})
    assert closed_by(marts) == []
    marts.add("intermediate.int_standing_records", {"record": "social_insurance", "feed": "social_insurance"})
    (reason,) = closed_by(marts)
    assert reason.startswith("社会保险（social_insurance）的有效记录进入 income_item")
    marts.add("marts.income_item", {"feed": "social_insurance"})
    assert closed_by(marts) == []
