"""The landing gate over real lines: what holds a delivery, what is only told."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from own_layouts import FEED, column, contract, key
from small_warehouse import MARKER_ACCOUNT, MARKER_NAME, MARKER_NUMBER, SmallWarehouse

from expectations.errors import CheckFault
from expectations.gate import GateReport
from expectations.landing import LandingLimits, gate_landing
from ingestion.cleaning import READABLE_BY
from ingestion.contract import Contract, Volume, load_contracts
from ingestion.records import canonical_records

CONTRACTS = load_contracts()
DAY, NEXT_DAY = date(2025, 6, 25), date(2025, 6, 26)


def payments(count: int, **changes: str) -> list[dict[str, str]]:
    line = {
        "case_no": "JZ1", "benefit_code": "DB", "paid_month": "202506", "benefit_month": "202506",
        "payee_name": MARKER_NAME, "payee_id_number": MARKER_NUMBER, "amount_yuan": "860.00",
        "account_no": MARKER_ACCOUNT, "paid_on": "2025-06-10", "payment_status": "成功",
        "division_code": "420202",
    }  # fmt: skip
    return [{**line, "payment_no": f"ZF{number}", **changes} for number in range(count)]


def lacking(record: str) -> list[str]:
    """All columns a sender may leave out."""
    return [column.name for column in canonical_records()[record].columns if not column.is_required]


def gate(warehouse: SmallWarehouse, delivery_ids: list[str] | None = None) -> list[GateReport]:
    return gate_landing(warehouse.engine, CONTRACTS, delivery_ids)


def failed(report: GateReport) -> set[tuple[str, str | None]]:
    return {(result.severity, result.column_name) for result in report.results if not result.success}


def test_a_good_delivery_is_accepted_and_counted(warehouse: SmallWarehouse) -> None:
    warehouse.land("payment", "good", payments(200))
    (report,) = gate(warehouse)
    assert report.passed
    assert failed(report) == set()
    assert warehouse.status("good") == "accepted"
    recorded = warehouse.rows("select gate, subject, suite, success from ops.gate_result")
    assert len(recorded) == len(report.results)
    assert set(recorded) == {("landing", "good", "landing.payment", True)}
    ((elements, unexpected),) = warehouse.rows(
        "select element_count, unexpected_count from ops.gate_result where column_name = 'payee_name'"
    )
    assert (elements, unexpected) == (200, 0)


def test_nothing_waiting_means_nothing_to_do(warehouse: SmallWarehouse) -> None:
    warehouse.land("payment", "good", payments(60))
    gate(warehouse)
    before = warehouse.value("select count(*) from ops.gate_result")
    assert gate(warehouse) == []
    assert warehouse.value("select count(*) from ops.gate_result") == before


def test_a_full_delivery_that_lost_lines_is_held_and_the_next_compared_with_the_last_accepted(
    warehouse: SmallWarehouse,
) -> None:
    warehouse.land("payment", "first", payments(400))
    warehouse.land("payment", "half", payments(200), day=NEXT_DAY)
    warehouse.land("payment", "whole", payments(390), day=date(2025, 6, 27))
    reports = {report.subject: report for report in gate(warehouse)}
    assert [warehouse.status(name) for name in ("first", "half", "whole")] == ["accepted", "held", "accepted"]
    (lost,) = reports["half"].closing
    assert lost.expectation == "expect_table_row_count_to_be_between"
    assert lost.observed == {"value": 200, "min_value": 360}


def test_growth_is_told_and_not_held(warehouse: SmallWarehouse) -> None:
    warehouse.land("payment", "first", payments(400))
    warehouse.land("payment", "double", payments(800), day=NEXT_DAY)
    report = gate(warehouse)[1]
    assert report.passed
    assert len(report.warnings) == 1


def test_a_small_table_may_lose_a_few_lines_but_not_all(warehouse: SmallWarehouse) -> None:
    warehouse.land("payment", "first", payments(15))
    warehouse.land("payment", "fewer", payments(4), day=NEXT_DAY)
    warehouse.land("payment", "none", [], day=date(2025, 6, 27))
    gate(warehouse)
    assert [warehouse.status(name) for name in ("fewer", "none")] == ["accepted", "held"]


def test_an_empty_full_delivery_is_held_whatever_stands_and_whatever_the_contract_says(
    warehouse: SmallWarehouse,
) -> None:
    """Of a feed whose contract says nothing of its size, after deltas alone, and after an empty one."""
    silent = {**CONTRACTS, "payment": replace(CONTRACTS["payment"], volume=Volume(None))}
    days = [date(2025, 6, day) for day in range(1, 7)]
    warehouse.land("payment", "nothing yet", [], day=days[0])
    warehouse.land("payment", "news", payments(2), mode="delta", day=days[1])
    warehouse.land("payment", "none of two", [], day=days[2])
    warehouse.land("payment", "all", payments(100), day=days[3])
    warehouse.land("payment", "half", payments(50), day=days[4])
    warehouse.land("payment", "few", payments(24), day=days[5])
    gate_landing(warehouse.engine, silent)
    held = warehouse.rows("select delivery_id from ops.delivery where status = 'held' order by business_date")
    assert held == [("none of two",), ("few",)]
    warehouse.connection.execute("update ops.delivery set status = 'accepted'")
    warehouse.land("payment", "the last gone", [], day=date(2025, 6, 7))
    gate_landing(warehouse.engine, silent)
    assert warehouse.status("the last gone") == "held"
    warehouse.connection.execute("update ops.delivery set status = 'accepted'")
    warehouse.land("payment", "still gone", [], day=date(2025, 6, 8))
    gate_landing(warehouse.engine, silent)
    assert warehouse.status("still gone") == "accepted"


def test_unknown_codes_everywhere_hold_a_delivery(warehouse: SmallWarehouse) -> None:
    warehouse.land("payment", "codes", payments(50, benefit_code="XX") + payments(50))
    (report,) = gate(warehouse)
    assert warehouse.status("codes") == "held"
    assert [result.column_name for result in report.closing] == ["benefit_code"]
    assert report.closing[0].unexpected_count == 50
    assert report.closing[0].element_count == 100


def test_a_few_unknown_codes_are_told(warehouse: SmallWarehouse) -> None:
    warehouse.land("payment", "codes", payments(5, benefit_code="XX") + payments(95))
    (report,) = gate(warehouse)
    assert report.passed
    assert failed(report) == {("warning", "benefit_code")}


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"payment_no": " "}, "payment_no"),
        ({"payee_id_number": "4.20222193405271e+17"}, "payment__payee_id_number__number"),
    ],
)
def test_empty_keys_and_damaged_numbers_hold_a_delivery(
    warehouse: SmallWarehouse, changes: dict[str, str], column: str
) -> None:
    warehouse.land("payment", "damaged", payments(60, **changes) + payments(20))
    (report,) = gate(warehouse)
    assert warehouse.status("damaged") == "held"
    assert [result.column_name for result in report.closing] == [column]


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"payee_name": ""}, "payee_name"),
        ({"paid_on": "2026-06-10"}, "paid_on__day"),
        ({"paid_on": "30.02.2025"}, "paid_on__day"),
        ({"amount_yuan": "-860"}, "amount_yuan__amount"),
    ],
)
def test_implausible_values_are_told(warehouse: SmallWarehouse, changes: dict[str, str], column: str) -> None:
    warehouse.land("payment", "odd", payments(10, **changes) + payments(90))
    (report,) = gate(warehouse)
    assert report.passed
    assert failed(report) == {("warning", column)}


def test_a_code_that_names_no_division_is_told_with_its_lines(warehouse: SmallWarehouse) -> None:
    """Former codes are known and told apart, with what follows; streets go by their county."""
    odd = {"420299": 3, "429999": 1, "420221": 2, "330501": 1, "110103": 1, "420202003": 5, "420200": 5}
    lines = [line for code, count in odd.items() for line in payments(count, division_code=code)]
    warehouse.land("payment", "odd", lines + payments(50) + payments(4, division_code=""))
    (report,) = gate(warehouse)
    assert report.passed
    unknown, former = (check for check in report.results if check.expectation == "expect_no_divisions")
    assert (unknown.severity, unknown.success, unknown.unexpected_count) == ("warning", False, 4)
    assert unknown.observed == {"divisions": {"420299": 3, "429999": 1}}
    assert (former.severity, former.success, former.unexpected_count) == ("info", False, 4)
    assert former.observed == {"divisions": {"420221→420281": 2, "110103": 1, "330501→330502、330503": 1}}
    told = warehouse.value(
        "select ops.measured(description, observed, element_count, unexpected_count) from ops.gate_result"
        " where expectation = 'expect_no_divisions' and severity = 'warning'"
    )
    assert told == "行政区划代码 均在行政区划代码表内（现行或曾用）（实测 4：420299 3 行，429999 1 行）"


def test_of_many_codes_that_name_no_division_the_first_are_told(warehouse: SmallWarehouse) -> None:
    codes = [f"9{number}" for number in range(10000, 10020)]
    warehouse.land("payment", "odd", [line for code in codes for line in payments(1, division_code=code)])
    (report,) = gate(warehouse)
    (told,) = (check for check in report.warnings if check.expectation == "expect_no_divisions")
    assert told.unexpected_count == 20
    assert list(told.observed["divisions"]) == codes[: LandingLimits().divisions_named]


def test_a_delivery_of_mostly_rejected_lines_is_held(warehouse: SmallWarehouse) -> None:
    warehouse.land("payment", "broken", payments(50), rejected=50)
    (report,) = gate(warehouse)
    assert warehouse.status("broken") == "held"
    assert [result.unexpected_count for result in report.closing] == [50]


def test_deltas_may_be_empty_and_small_ones_are_never_held_for_shares(warehouse: SmallWarehouse) -> None:
    warehouse.land("payment", "full", payments(100))
    warehouse.land("payment", "empty", [], mode="delta", day=NEXT_DAY)
    warehouse.land("payment", "tiny", payments(2, benefit_code="XX"), mode="delta", day=NEXT_DAY)
    reports = {report.subject: report for report in gate(warehouse)}
    assert {warehouse.status(name) for name in ("empty", "tiny")} == {"accepted"}
    assert reports["empty"].warnings == ()
    assert [result.column_name for result in reports["tiny"].warnings] == ["benefit_code"]


def test_one_bad_line_of_few_is_only_noted(warehouse: SmallWarehouse) -> None:
    warehouse.land("payment", "full", payments(100))
    warehouse.land(
        "payment", "tiny", payments(1, payee_id_number="4202") + payments(3), mode="delta", day=NEXT_DAY
    )
    tiny = gate(warehouse)[1]
    assert tiny.warnings == ()
    assert failed(tiny) == {("info", "payment__payee_id_number__number")}


def test_numbers_inside_lists_are_judged_line_by_line(warehouse: SmallWarehouse) -> None:
    def household(number: int, id_number: str) -> dict[str, str | None]:
        numbers = (MARKER_NUMBER, id_number)
        return {
            "aid_household_no": f"JZ{number}", "aid_type_code": "DB", "urban_rural": "城市", "status": "在保",
            "applied_on": "2025-01-01", "approved_on": "2025-01-20", "stopped_on": None,
            "division_code": "420202",
            "applicant_marital_status": "未婚", "monthly_income": "0.0860万元", "monthly_amount_yuan": "2175",
            "authorization_no": "SQ1", "operation": "新增", "updated_at": "2025-06-20 02:00:00",
            "members": json.dumps([{"姓名": MARKER_NAME, "身份证号": number} for number in numbers]),
        }  # fmt: skip

    lines = [household(number, "123" if number < 30 else "") for number in range(100)]
    warehouse.land("aid_household", "households", lines)
    (report,) = gate(warehouse)
    assert report.passed
    assert [(result.column_name, result.unexpected_count) for result in report.warnings] == [
        ("aid_household_member__id_number__number", 30)
    ]


def test_numbers_are_looked_at_wherever_a_contract_finds_them(
    warehouse: SmallWarehouse, tmp_path: Path
) -> None:
    """Two cut out of one column, one of an item's path, one of two columns."""
    number = column("number", "ry.sfz", classification="identity", custom={"type": "id_number"})
    items = {"logicalType": "object", "properties": [column("no", "bh"), number]}
    date_of = {"constant": "2025-06-01"}
    made = contract(
        tmp_path,
        "jsonl",
        [
            key("no", custom={"type": "identifier"}),
            column("couple"),
            column("first"),
            column("second"),
            column("incomes", logicalType="array", items=items),
        ],
        records=[
            {"record": "marriage_event", "not_sent": lacking("marriage_event"), "map": {
                "event_no": "no", "event_type": {"constant": "结婚登记"}, "registered_on": date_of,
                "husband_name": "first", "wife_name": "first",
                "husband_id_number": {"split": {"column": "couple", "by": "/", "part": 1}},
                "wife_id_number": {"split": {"column": "couple", "by": "/", "part": 2}}}},
            {"record": "income_record", "each": "incomes", "not_sent": lacking("income_record"), "map": {
                "income_no": "no", "id_number": "number", "name": "first", "amount_yuan": {"constant": "1"},
                "income_kind": {"constant": "wage"}, "income_month": {"constant": "2025-06"}}},
            {"record": "person_status", "not_sent": lacking("person_status"), "map": {
                "status_no": "no", "id_number": {"first_of": ["first", "second"]}, "name": "second",
                "person_status": {"constant": "other"}, "started_on": date_of}},
        ],
    )  # fmt: skip

    def line(place: int) -> dict[str, str | None]:
        given = {"no": str(place), "couple": f"{MARKER_NUMBER}/{MARKER_NUMBER}", "second": MARKER_NUMBER}
        if place < 20:
            given["couple"] = f"{MARKER_NUMBER}/123"
        if place < 40:
            given["second"] = "123"
        wrong = "123" if place < 30 else MARKER_NUMBER
        items = [
            {"bh": f"{place}-1", "ry": {"sfz": MARKER_NUMBER}},
            {"bh": f"{place}-2", "ry": {"sfz": wrong}},
        ]
        return given | {"first": None, "incomes": json.dumps(items)}

    warehouse.land(FEED, "several", [line(place) for place in range(100)], contract=made)
    (report,) = gate_landing(warehouse.engine, {FEED: made})
    assert report.passed
    assert {
        result.column_name: (result.element_count, result.unexpected_count)
        for result in report.results
        if result.column_name is not None and result.column_name.endswith("__number")
    } == {
        "marriage_event__husband_id_number__number": (100, 0),
        "marriage_event__wife_id_number__number": (100, 20),
        "income_record__id_number__number": (100, 30),
        "person_status__id_number__number": (100, 40),
    }


def test_the_gate_reads_every_type_that_landing_reads() -> None:
    from expectations.landing_suite import AMOUNT_READERS, DATE_READERS, NAME_READERS

    by_themselves = {"division", "id_number"}  # as codes of a list, and as numbers of persons
    assert {*DATE_READERS, *AMOUNT_READERS, *NAME_READERS, *by_themselves} == set(READABLE_BY)


def test_only_the_named_deliveries_are_decided(warehouse: SmallWarehouse) -> None:
    warehouse.land("payment", "named", payments(60))
    warehouse.land("payment", "other", payments(60), day=NEXT_DAY)
    assert [report.subject for report in gate(warehouse, ["named"])] == ["named"]
    assert warehouse.status("other") == "landed"


def test_delivery_ids_are_data(warehouse: SmallWarehouse) -> None:
    name = "it's :odd {batch} 100% \\ 交付"
    warehouse.land("payment", name, payments(60))
    assert [report.passed for report in gate(warehouse)] == [True]
    assert warehouse.status(name) == "accepted"


def test_limits_are_parameters(warehouse: SmallWarehouse) -> None:
    warehouse.land("payment", "codes", payments(5, benefit_code="XX") + payments(95))
    (report,) = gate_landing(warehouse.engine, CONTRACTS, limits=LandingLimits(codes_known=0.99))
    assert not report.passed


def test_a_feed_without_contract_is_our_fault_and_decides_nothing(warehouse: SmallWarehouse) -> None:
    warehouse.land("payment", "orphan", payments(60))
    with pytest.raises(CheckFault, match="no contract for feed payment"):
        gate_landing(warehouse.engine, {})
    assert warehouse.status("orphan") == "landed"


def test_what_cannot_be_evaluated_is_our_fault_and_says_no_values(warehouse: SmallWarehouse) -> None:
    warehouse.land("payment", "broken", payments(60))
    warehouse.connection.execute("alter table raw.payment drop column payee_name cascade")
    with pytest.raises(CheckFault, match="UndefinedTable") as fault:
        gate(warehouse)
    assert MARKER_NUMBER not in str(fault.value)
    assert warehouse.status("broken") == "landed"


def test_what_cannot_be_evaluated_costs_the_other_deliveries_nothing(warehouse: SmallWarehouse) -> None:
    """Judged in turn in one context: cremation, payment, vehicle."""
    whole = {"id_number": MARKER_NUMBER}
    warehouse.land("payment", "broken", payments(60))
    for feed in ("cremation", "vehicle"):
        warehouse.land(feed, f"{feed}-1", [whole] * 60)
        warehouse.land(feed, f"{feed}-2", [whole] * 3, mode="delta", day=NEXT_DAY)
    warehouse.connection.execute("alter table raw.payment drop column payee_name cascade")
    with pytest.raises(CheckFault, match=r"broken: .*UndefinedTable"):
        gate(warehouse)
    waiting = warehouse.rows("select delivery_id from ops.delivery where status = 'landed'")
    assert waiting == [("broken",)]


def test_results_of_deliveries_judged_in_one_context_are_their_own(warehouse: SmallWarehouse) -> None:
    for number, blanks in enumerate((0, 7, 3)):
        lines = payments(blanks, payee_name="") + payments(100 + number - blanks)
        warehouse.land("payment", f"day-{number}", lines, day=date(2025, 6, 25 + number))
    found = {
        report.subject: (result.element_count, result.unexpected_count)
        for report in gate(warehouse)
        for result in report.results
        if result.column_name == "payee_name"
    }
    assert found == {"day-0": (100, 0), "day-1": (101, 7), "day-2": (102, 3)}


def test_no_personal_value_is_recorded(warehouse: SmallWarehouse) -> None:
    wrong = payments(
        60, payee_id_number=MARKER_NUMBER + "9", benefit_code=MARKER_NAME, paid_on=MARKER_ACCOUNT
    )
    warehouse.land("payment", "marked", wrong + payments(60), rejected=20)
    (report,) = gate(warehouse)
    assert not report.passed
    recorded = str(warehouse.rows("select to_jsonb(result) from ops.gate_result as result")) + repr(report)
    for marker in (MARKER_NUMBER, MARKER_NAME, MARKER_ACCOUNT):
        assert marker not in recorded
    observed = warehouse.rows(
        "select distinct jsonb_typeof(value) from ops.gate_result, jsonb_each(observed)"
    )
    assert observed == [("number",)]


def told(report: GateReport) -> set[str]:
    return {result.description.split(" ")[0] for result in report.warnings}


def test_codes_and_amounts_that_shift_between_full_deliveries_are_told(warehouse: SmallWarehouse) -> None:
    mixed = payments(100) + payments(100, benefit_code="GL", amount_yuan="100.00")
    for number, line in enumerate(mixed):
        line["payment_no"] = f"ZF{number}"
    slightly = [dict(line) for line in mixed]
    for line in slightly[:10]:
        line |= {"benefit_code": "GL"}
    shifted = [dict(line) for line in mixed]
    for line in shifted[:40]:
        line |= {"benefit_code": "GL"}
    warehouse.land("payment", "first", mixed)
    warehouse.land("payment", "slightly", slightly, day=NEXT_DAY)
    assert [report.warnings for report in gate(warehouse)] == [(), ()]
    warehouse.land("payment", "shifted", shifted, day=date(2025, 6, 27))
    (report,) = gate(warehouse)
    assert report.passed
    assert told(report) == {"资金发放·待遇类别"}
    cheap = [line | {"amount_yuan": "50.00"} for line in mixed]
    warehouse.land("payment", "cheap", cheap, day=date(2025, 6, 28))
    assert "资金发放·金额" in told(gate(warehouse)[0])


def test_cases_nobody_knows_and_amounts_in_the_wrong_unit_are_told(marts: SmallWarehouse) -> None:
    marts.add("marts.benefit_standard", {"standard_code": "DB_URBAN", "amount_yuan": 700})
    marts.add("marts.aid_household", {"aid_household_no": "JZ1"})
    marts.add("marts.entitlement", {"entitlement_no": "GL1"})
    marts.land("payment", "known", payments(100) + payments(100, case_no="GL1", benefit_code="GL"))
    marts.land("payment", "unknown", payments(100, case_no="JZ9"), day=NEXT_DAY)
    marts.land("payment", "cents", payments(100, amount_yuan="86000.00"), day=date(2025, 6, 27))
    known, unknown, cents = gate(marts)
    assert not told(known) & {"资金发放·业务编号", "资金发放·金额"}
    assert "资金发放·业务编号" in told(unknown)
    assert "资金发放·金额" in told(cents)


@pytest.fixture
def county(tmp_path: Path) -> Contract:
    """Payments of a system of its own: its numbers, codes and units; before 26 June with others yet."""
    former = county_contract(tmp_path, amount="fen", codes={"1": "DB", "2": "GL"})
    newest = county_contract(tmp_path, amount="wan_yuan", codes={"101": "DB", "102": "GL"})
    return replace(newest, first_day=NEXT_DAY, earlier=(former,))


def county_contract(folder: Path, amount: str, codes: dict[str, str]) -> Contract:
    enum = [{"value": own} for own in codes]
    quality = [{"metric": "invalidValues", "mustBeLessOrEqualTo": 1, "unit": "percent"}]
    return contract(
        folder,
        "csv",
        [
            key("no", custom={"type": "identifier"}),
            column("household", custom={"type": "identifier"}),
            column("kind", enum=enum, quality=quality),
            column("amount", custom={"type": amount}),
        ],
        delimiter=",",
        records=[{"record": "payment", "numbering": "renshou", "not_sent": lacking("payment"), "map": {
            "payment_no": "no", "case_no": "household", "benefit_code": {"column": "kind", "codes": codes},
            "paid_month": {"constant": "2025-06"}, "benefit_month": {"constant": "2025-06"},
            "payee_name": {"constant": "某"}, "payee_id_number": {"constant": MARKER_NUMBER}, "amount_yuan": "amount",
            "paid_on": {"constant": "2025-06-10"}, "payment_status": {"constant": "成功"}}}],
    )  # fmt: skip


def test_own_numbers_codes_and_units_are_those_of_the_record(marts: SmallWarehouse, county: Contract) -> None:
    marts.add("marts.benefit_standard", {"standard_code": "DB_URBAN", "amount_yuan": 700})
    marts.add("marts.aid_household", {"aid_household_no": "renshou/H1"}, {"aid_household_no": "H2"})

    def land(name: str, day: int, **line: str) -> None:
        lines = [{"no": str(number), **line} for number in range(100)]
        marts.land(FEED, name, lines, day=date(2025, 6, day), contract=county)

    land("former", 25, household="H1", kind="1", amount="86000")
    land("known", 26, household="H1", kind="101", amount="0.086")
    land("other", 27, household="H2", kind="101", amount="0.086")
    land("large", 28, household="H1", kind="101", amount="86")
    land("shifted", 29, household="H1", kind="102", amount="0.086")
    reports = gate_landing(marts.engine, {FEED: county})
    assert [
        told(report) & {"资金发放·业务编号", "资金发放·金额", "资金发放·待遇类别"} for report in reports
    ] == [
        set(),
        set(),  # read by another version than the one before
        {"资金发放·业务编号"},  # the number of another system
        {"资金发放·金额"},
        {"资金发放·金额", "资金发放·待遇类别"},  # against the one before
    ]


def test_before_the_first_build_no_other_feed_is_asked(warehouse: SmallWarehouse) -> None:
    warehouse.land("payment", "first", payments(100, case_no="JZ9"))
    (report,) = gate(warehouse)
    assert not [result for result in report.results if "上次构建" in result.description]
