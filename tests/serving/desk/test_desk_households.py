"""家庭与个人: the three households of a family, as known then, for those whose division it is."""

from datetime import date

import psycopg
import pytest
from at_the_desk import ELSEWHERE, HERE, SCRIPT, Officers, Visitor
from hand_made_family import JUNE, MAY, SINCE, Family

from warehouse.database.connection import Warehouse

CASE, BOOK, LEGAL, PAGE = "JZ7", "4202030001", "L1-1", "/households/JZ7"
NAMES = ("王一", "王三", "赵四")
LATER = date(2025, 6, 10)


@pytest.fixture
def told(family: Family) -> Family:
    """1 asked for aid for himself and his child 3; his wife 2 is of book and legal family, 4 of the book, elsewhere.

    Line 9 of the case is nobody known. In the second generation 3 has left the case.
    """
    family.add(
        "aid_household", aid_household_no=CASE, aid_type_code="DB", division_code=HERE, approved_on=SINCE,
        is_active=True, monthly_amount_yuan=900, delivery_id="aid_1", line_number=4,
    )  # fmt: skip
    family.execute("update marts.resident set division_code = %s where resident_id = 4", [ELSEWHERE])
    for resident_id, relation in ((1, "本人"), (3, "子女"), (None, "其他")):
        family.add(
            "aid_household_member", aid_household_no=CASE, member_no=resident_id or 9, resident_id=resident_id,
            relation=relation, is_covered=True, valid_from=SINCE, delivery_id="aid_1",
            line_number=resident_id or 9,
        )  # fmt: skip
    for resident_id, relation in ((1, "02"), (2, "10"), (3, "30"), (4, "99")):
        family.add(
            "registered_household_member", household_no=BOOK, resident_id=resident_id, relation_code=relation,
            valid_from=SINCE, delivery_id="population_1", line_number=resident_id,
        )  # fmt: skip
    for resident_id, relation in ((1, "self"), (2, "spouse"), (3, "minor_child")):
        family.add(
            "legal_family_member", family_no=LEGAL, resident_id=resident_id, relation=relation,
            valid_from=LATER if resident_id == 2 else SINCE, feed="marriage_event", delivery_id="marriage_1",
            line_number=resident_id,
        )  # fmt: skip
    for month in (MAY, JUNE):
        family.add(
            "benefit_month", case_no=CASE, aid_household_no=CASE, benefit_code="DB", benefit_month=month,
            is_paid=True, paid_yuan=900, division_code=HERE,
        )  # fmt: skip
    family.add(
        "household_means", household_kind="aid", household_no=CASE, aid_household_no=CASE, division_code=HERE,
        member_count=3, unknown_income_count=1, counted_income_yuan=1000, deduction_yuan=160,
        countable_income_yuan=840, countable_per_capita_yuan=280, standard_code="DB_URBAN", standard_yuan=800,
        countable_multiple=0.35, month_count=2, property_outcome="above",
        property_tests=[{"test": "vehicle", "value": 60000, "limit": 50000, "outcome": "above"}],
    )  # fmt: skip
    family.add(
        "household_means_item", household_kind="aid", household_no=CASE, item_kind="income", category="wage",
        resident_id=1, income_month=JUNE, amount_yuan=1000, counted_share=1, counted_yuan=1000,
        feed="social_insurance", delivery_id="social_20250601_01", line_number=11,
    )  # fmt: skip
    family.add(
        "household_difference", aid_household_no=CASE, difference_kind="undeclared_spouse", resident_id=2,
        relation="配偶", sources=[{"feed": "marriage_event", "delivery_id": "marriage_1", "line_number": 1}],
    )  # fmt: skip
    family.publish()
    family.execute("delete from marts.aid_household_member where resident_id = 3")
    family.publish("second")
    return family


def test_three_households_stand_side_by_side_masked_and_as_known_then(told: Family, officer: Visitor) -> None:
    officer.enter()
    now = officer.get(PAGE).text
    assert all(
        shown in now for shown in (CASE, BOOK, LEGAL, "身份未确定", "配偶未申报", "户主", "280.00", "800.00")
    )
    assert "social_20250601_01" in now, "each item has its source"
    assert "另有 1 人属其他行政区划" in now
    assert "2 个月有发放" in now
    assert "60,000.00" in now
    for name in NAMES:
        assert name not in now
    assert SCRIPT not in now
    first = officer.get(PAGE + "?generation=2&day=2025-06-01").text
    assert first.count('<td class="in">') == now.count('<td class="in">'), (
        "3 was of the case, 2 not of the family"
    )
    assert officer.get(PAGE + "?generation=99").status_code == 404, "not published"
    assert officer.get(PAGE + "?generation=1x").status_code == 400
    assert officer.get(PAGE + "?day=2025-02-30").status_code == 400
    assert officer.get(f"/households/{BOOK}").status_code == 200
    assert officer.post("/households", number=CASE).headers["location"] == PAGE
    for typed in (told.numbers[1], "４２０２０３ 198001010011", "420203800101001"):
        refused = officer.post("/households", number=typed)
        assert refused.status_code == 400, "a person's number stands in no address"
        assert "身份证号码" in refused.text
        assert typed not in refused.text


def test_who_left_and_lives_elsewhere_is_told_of_the_time_in_the_case_alone(
    told: Family, officer: Visitor
) -> None:
    told.add(
        "aid_household_member", aid_household_no=CASE, member_no=4, resident_id=4, relation="其他", is_covered=True,
        valid_from=SINCE, valid_to=LATER, delivery_id="aid_1", line_number=7,
    )  # fmt: skip
    told.add(
        "entitlement", entitlement_no="GLJT-4", benefit_code="GLJT", resident_id=4, division_code=ELSEWHERE,
        started_on=SINCE, is_active=True, delivery_id="entitlement_1", line_number=3,
    )  # fmt: skip
    told.publish("third")
    officer.enter()
    then = officer.get(f"{PAGE}?day={SINCE}").text
    assert "赵" in then, "4 was of the case"
    assert "赵" not in officer.get(PAGE).text
    assert "GLJT-4" not in then
    assert "赵四" not in officer.post(PAGE, generation="", day=str(SINCE)).text


def test_a_family_that_moved_away_is_not_seen_by_where_it_was(told: Family, officer: Visitor) -> None:
    told.add(
        "household_means", household_kind="legal", household_no=LEGAL, division_code=HERE, member_count=3,
        countable_per_capita_yuan=4321, standard_code="DB_URBAN", standard_yuan=800,
    )  # fmt: skip
    then = told.publish("third").generation
    officer.enter()
    address = f"/households/{LEGAL}?generation={then}"
    assert "4,321.00" in officer.get(address).text
    told.execute(
        "update marts.household_means set division_code = %s where household_kind = 'legal'", [ELSEWHERE]
    )
    told.publish("fourth")
    assert "4,321.00" not in officer.get(address).text


def test_names_are_a_reading_of_their_own(
    told: Family, officer: Visitor, connection: psycopg.Connection
) -> None:
    officer.enter()
    officer.get(PAGE)
    named = officer.post(PAGE, generation="", day="").text
    assert "王一" in named
    assert told.numbers[1] in named
    assert "赵四" not in named
    assert "&lt;script&gt;" in named, "what a sender wrote is shown as text"
    assert SCRIPT not in named
    logged = connection.execute(
        "select operation, purpose, operator, resident_ids, request ->> 'household_no'"
        " from audit.verification_log where operation like 'desk_household%' order by logged_at"
    ).fetchall()
    assert logged == [
        ("desk_household", "review", officer.login, [1, 2, 3], CASE),
        ("desk_household_named", "review", officer.login, [1, 2, 3], CASE),
    ]


def test_a_household_of_another_division_is_not_there(
    told: Family, officers: Officers, database: Warehouse
) -> None:
    elsewhere = officers.add("王五", ELSEWHERE).enter()
    for address in (PAGE, f"/households/{LEGAL}", "/households/nothing", "/households/" + "9" * 61):
        assert elsewhere.get(address).status_code == elsewhere.post(address).status_code == 404
    book = elsewhere.get(f"/households/{BOOK}").text
    assert "另有 3 人属其他行政区划" in book, "of the book one lives there"
    assert CASE not in book
    with database.connect() as connection:
        connection.execute("set session authorization approval_api")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("select api_v1.desk_household(%s, 'review')", [CASE])
