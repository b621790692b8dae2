"""Verification: who is who, what is told and what is not, and nothing without consent, purpose and log."""

import json
import threading
from datetime import date, timedelta

import psycopg
import pytest
from hand_made_family import CONSENT, FEEDS, TODAY, Family, problem, settle
from templates import Templates

from warehouse.database.connection import Warehouse

YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)


@pytest.fixture
def template(request: pytest.FixtureRequest, templates: Templates, migrated: Warehouse) -> Warehouse:
    return templates.made_once("family", settle, migrated) if "family" in request.fixturenames else migrated


@pytest.fixture
def family(connection: psycopg.Connection) -> Family:
    return Family(connection)


def asked(family: Family, resident_id: int, answer: dict | None = None) -> dict:
    """What the answer says of a resident who was asked for."""
    members = (answer or family.verify())["members"]
    masked = f"{family.numbers[resident_id][:6]}********{family.numbers[resident_id][-4:]}"
    return next(member for member in members if member["masked_id_number"] == masked)


def status(answer: dict) -> dict[str, str]:
    return {source["feed"]: source["status"] for source in answer["sources"]}


# The answer


def test_totals_of_a_family_no_feed_has_named(family: Family) -> None:
    family.publish()
    household = family.verify()["household"]
    # 1,000 wage and 500 pension over three heads, against 800
    assert household["income_yuan"] == 1500
    assert household["income_per_capita_yuan"] == 500
    assert household["standard"]["amount_yuan"] == 800
    assert household["standard_multiple"] == 0.625
    assert household["income_against_standard"] == "not_above"
    assert (household["vehicle_count"], household["dwelling_count"], household["company_count"]) == (1, 1, 0)
    assert household["incomplete_because"] == []


def test_every_item_names_its_source_line(family: Family) -> None:
    family.publish()
    applicant = asked(family, 1)
    assert [item["source"]["line_number"] for item in applicant["income_items"]] == [11, 11]
    assert {item["source"]["feed"] for item in applicant["property_items"]} == {"vehicle", "real_estate"}


def test_income_is_averaged_over_the_months_of_the_window(family: Family) -> None:
    # a month of the window without an income counts, one outside of it does not
    family.execute(
        "update marts.income_item set income_month = '2024-04-01'"
        " where resident_id = 1 and income_month = '2025-05-01'"
    )
    family.publish()
    household = family.verify()["household"]
    assert household["income_yuan"] == 1000
    assert (household["income_from"], household["income_to"], household["month_count"]) == (
        "2025-05-01",
        "2025-06-01",
        2,
    )


def test_without_a_month_of_income_nothing_is_judged(family: Family) -> None:
    family.execute("delete from marts.income_window")
    family.publish()
    household = family.verify()["household"]
    assert (household["income_yuan"], household["income_against_standard"]) == (None, "not_assessable")
    assert household["incomplete_because"] == ["income_source_closed_or_stale"]


def test_pensions_count_by_the_share_in_force(family: Family) -> None:
    family.execute("update rules.rule_parameter set value = 0.4 where parameter = 'pension_counted_share'")
    family.publish()
    assert family.verify()["household"]["income_yuan"] == 1200
    family.add(
        "rule_parameter", rule_code="D04", parameter="pension_counted_share", division_code="420200", value=0,
        valid_from=date(2024, 1, 1),
    )  # fmt: skip
    family.publish()
    assert family.verify("R2")["household"]["income_yuan"] == 1000  # what the city lays down goes before


def test_the_dead_are_no_heads(family: Family) -> None:
    family.execute("update marts.resident set died_on = '2025-01-05' where resident_id = 3")
    family.publish()
    answer = family.verify()
    assert (asked(family, 3, answer)["is_alive"], asked(family, 3, answer)["died_on"]) == (
        False,
        "2025-01-05",
    )
    assert answer["household"]["income_per_capita_yuan"] == 750


def test_the_standard_of_the_county_goes_before_that_of_the_city(family: Family) -> None:
    family.execute("update marts.benefit_standard set division_code = '420200'")
    family.publish()
    assert family.verify()["household"]["standard"]["division_code"] == "420200"
    family.add(
        "benefit_standard",
        division_code="420203",
        standard_code="DB_URBAN",
        amount_yuan=900,
        valid_from=date(2024, 1, 1),
    )
    family.publish()
    assert family.verify("R2")["household"]["standard"]["amount_yuan"] == 900


@pytest.mark.parametrize("change", ["valid_from = current_date + 1", "valid_to = current_date"])
def test_a_standard_out_of_force_judges_nothing(family: Family, change: str) -> None:
    family.execute(f"update marts.benefit_standard set {change}")
    family.publish()
    household = family.verify()["household"]
    assert (household["standard"], household["income_against_standard"]) == (None, "not_assessable")


def test_benefits_in_force_are_told_wherever_they_are_paid(family: Family) -> None:
    family.add(
        "entitlement", entitlement_no="DY1", benefit_code="HL", resident_id=3, division_code="510107",
        is_active=True,
    )  # fmt: skip
    family.add("eldercare_stay", stay_no="RZ1", resident_id=2, institution_code="Y1")
    family.add("disability_card", card_no="C1", resident_id=3, disability_level=1, is_valid=True)
    family.publish()
    answer = family.verify()
    benefits = asked(family, 3, answer)["benefits"]
    assert [(b["benefit_code"], b["division_code"]) for b in benefits] == [("HL", "510107")]
    assert asked(family, 3, answer)["disability"]["disability_level"] == 1
    assert asked(family, 2, answer)["stay"]["institution_code"] == "Y1"


def test_an_undeclared_spouse_exists_and_no_more(family: Family) -> None:
    family.add_income(2, "wage", 7777, 13)
    family.publish()
    answer = family.verify(members=[family.member(1), family.member(3, "子女")])
    assert asked(family, 1, answer)["marriage"] == {
        "status": "married",
        "registered_on": "2010-01-01",
        "has_undeclared_spouse": True,
        "spouse_member_no": None,
    }
    told = json.dumps(answer, ensure_ascii=False)
    assert all(secret not in told for secret in ("王二", family.numbers[2], "7777"))
    assert [
        (f["rule_code"], f["severity"], f["member_no"]) for f in answer["flags"] if f["rule_code"] == "C01"
    ] == [("C01", "yellow", 1)]


def test_a_declared_spouse_is_named_by_place(family: Family) -> None:
    family.publish()
    marriage = asked(family, 1)["marriage"]
    assert (marriage["has_undeclared_spouse"], marriage["spouse_member_no"]) == (False, 2)


def test_a_spouse_nobody_identifies_is_neither_declared_nor_undeclared(family: Family) -> None:
    family.execute("update marts.marriage_spell set wife_resident_id = null, wife_name = '无名'")
    family.publish()
    assert asked(family, 1)["marriage"]["has_undeclared_spouse"] is None


def test_a_spouse_declared_under_a_broken_number_is_declared(family: Family) -> None:
    family.execute("update marts.marriage_spell set wife_resident_id = null")
    family.publish()
    members = [family.member(1), family.member(2, "配偶", id_number="42020319")]
    marriage = asked(family, 1, family.verify(members=members))["marriage"]
    assert (marriage["has_undeclared_spouse"], marriage["spouse_member_no"]) == (False, 2)


def test_flags_of_a_family_no_rule_has_seen(family: Family) -> None:
    family.add_property(1, "dwelling", "FW2", feed="real_estate")
    family.add_property(2, "company_role", "QY1", feed="company", detail="法定代表人")
    family.add_income(3, "wage", 3000, 14)
    family.publish()
    flags = {flag["rule_code"]: flag for flag in family.verify()["flags"]}
    assert set(flags) == {"D01", "D02", "D03", "D04"}
    assert {flag["severity"] for flag in flags.values()} == {"yellow"}  # a lead that nobody has weighed
    assert flags["D04"]["evidence"]["facts"]["income_per_capita_yuan"] == 1500
    assert flags["D02"]["clears_it_zh"] == "材料"


@pytest.mark.parametrize(
    "near_miss",
    [
        "update marts.property_item set detail = 'C21' where property_kind = 'vehicle'",
        "update marts.property_item set value_yuan = 50000 where property_kind = 'vehicle'",
        "update marts.property_item set is_in_force = false where property_kind = 'vehicle'",
    ],
)
def test_no_flag_for_a_near_miss(family: Family, near_miss: str) -> None:
    family.execute(near_miss)
    family.publish()
    assert family.verify()["flags"] == []


def test_findings_of_the_people_asked_for_come_with_evidence(family: Family) -> None:
    evidence = {
        "facts": {"months": 2},
        "sources": [{"feed": "payment", "delivery_id": "p", "line_number": 7}],
    }
    finding = {"rule_code": "A01", "outcome": "hit", "severity": "red", "evidence": evidence}
    family.add("finding", finding_id="f-1", subject_resident_id=1, **finding)
    family.add("finding", finding_id="f-9", subject_resident_id=9, **finding)
    # of another member of the household of 1: closed, as that person was not asked for
    family.add("finding", finding_id="f-4", subject_resident_id=4, aid_household_no="JZ1", **finding)
    family.add("finding", finding_id="f-h", aid_household_no="JZ1", **finding)
    family.add(
        "aid_household_member",
        aid_household_no="JZ1",
        member_no=1,
        resident_id=1,
        delivery_id="d",
        line_number=1,
    )
    family.publish()
    flags = {f["finding_id"]: f for f in family.verify()["flags"] if f["basis"] == "rule"}
    assert set(flags) == {"f-1", "f-h"}
    assert flags["f-1"]["evidence"] == evidence
    assert flags["f-1"]["member_no"] == 1


# Identity: said, never guessed


@pytest.mark.parametrize(
    ("stated", "identity", "reason"),
    [
        ({"name": " 王　一 "}, "found", None),
        ({"name": "王伊"}, "found", None),  # as it sounds: linkage takes it for the same person
        ({"name": "王二"}, "ambiguous", "name_differs"),  # of one family
        ({"name": "李一"}, "ambiguous", "name_differs"),
        ({"name": "王*"}, "ambiguous", "name_differs"),  # a name that we do not know
        ({"id_number": "42020319800101001"}, "unknown", "invalid_number"),
        ({"id_number": "无"}, "unknown", "invalid_number"),
        ({"id_number": "510107199001010011"}, "unknown", "invalid_number"),
    ],
)
def test_identity(family: Family, stated: dict[str, str], identity: str, reason: str | None) -> None:
    family.publish()
    answer = family.verify(members=[family.member(2), family.member(1, "配偶", **stated)])
    member = answer["members"][1]
    assert (member["identity"], member["identity_reason"]) == (identity, reason)
    said = {None: "已确认", "name_differs": "无法确认是否同一人", "invalid_number": "号码无效"}
    assert member["identity_zh"] == said[reason]
    if identity != "found":
        assert [member[part] for part in ("resident_id", "marriage", "benefits", "income_items")] == [
            None
        ] * 4
        assert answer["household"]["incomplete_because"] == ["identity_not_established"]
        assert answer["household"]["income_against_standard"] == "not_assessable"


def test_who_moved_out_of_the_book_is_a_relative_all_the_same(family: Family) -> None:
    """王建国 and his brother 王建军, who left their parents' book: the brother's name under his number is the
    brother's, though one character differs; and nobody's of the book it is an old spelling."""
    family.execute("update marts.resident set name = '王建国' where resident_id = 1")
    family.execute("update marts.resident set name = '王建军' where resident_id = 4")
    for resident_id, household_no, until in (
        (1, "H1", "2024-01-01"),
        (1, "H2", None),
        (4, "H1", "2020-01-01"),
    ):
        family.add(
            "registered_household_member", household_no=household_no, resident_id=resident_id,
            valid_from=date(2010 + (until is None), 1, 1), valid_to=until,
        )  # fmt: skip
    family.publish()
    for request_id, name, identity in (("R1", "王建军", "ambiguous"), ("R2", "王建民", "found")):
        answer = family.verify(request_id, members=[family.member(1, name=name)])
        assert answer["members"][0]["identity"] == identity


@pytest.mark.parametrize(
    ("name", "identity", "reason"),
    [
        ("王明", "found", None),
        ("王荣生", "found", "former_name"),  # by which the register knew him, whose own it stays
        ("王荣升", "found", None),  # a slip in it
        ("王磊", "ambiguous", "name_differs"),  # of the same family
        ("王荣华", "ambiguous", "name_differs"),  # his brother's former name, one character different
    ],
)
def test_former_names_are_the_holders(family: Family, name: str, identity: str, reason: str | None) -> None:
    """What linkage takes for the holder's under one number, verification does (resident.known_names)."""
    family.execute(
        "update marts.resident set name = '王明', known_names = jsonb_build_array('王明', '王荣生')"
        " where resident_id = 1"
    )
    family.execute(
        "update marts.resident set name = '王强', known_names = jsonb_build_array('王强', '王荣华')"
        " where resident_id = 4"
    )
    for resident_id in (1, 4):
        family.add(
            "registered_household_member",
            household_no="H1",
            resident_id=resident_id,
            valid_from=date(2010, 1, 1),
        )
    family.publish()
    member = family.verify(members=[family.member(1, name=name)])["members"][0]
    assert (member["identity"], member["identity_reason"]) == (identity, reason)


def test_an_unknown_number_is_unknown(family: Family) -> None:
    family.execute("delete from marts.resident where resident_id = 3")
    family.publish()
    child = family.verify()["members"][2]
    assert (child["identity"], child["identity_reason"]) == ("unknown", "number_unknown")
    assert child["identity_zh"] == "查无此人"


def test_a_15_digit_number_is_understood(family: Family) -> None:
    family.publish()
    short = family.numbers[1][:6] + family.numbers[1][8:17]
    assert family.verify(members=[family.member(1, id_number=short)])["members"][0]["identity"] == "found"


def test_known_income_above_the_standard_is_above_though_somebody_is_unknown(family: Family) -> None:
    family.execute("delete from marts.resident where resident_id = 3")
    family.add_income(1, "wage", 5000, 15)
    family.publish()
    assert family.verify()["household"]["income_against_standard"] == "above"


# Sources: missing is not innocent


def test_every_source_says_hit_or_not_or_nothing(family: Family) -> None:
    family.execute("update marts.source_freshness set is_stale = true where feed in ('vehicle', 'company')")
    family.execute(
        "update marts.source_freshness set last_business_date = null, is_stale = true where feed = 'stay'"
    )
    family.publish()
    answer = family.verify()
    told = status(answer)
    assert set(told) == set(FEEDS)
    # stale, but what it did say stands
    assert (told["vehicle"], told["company"], told["stay"]) == ("hit", "stale", "unavailable")
    assert (told["social_insurance"], told["entitlement"]) == ("hit", "not_hit")
    titles = {source["feed"]: source["status_zh"] for source in answer["sources"]}
    assert (titles["vehicle"], titles["entitlement"], titles["company"]) == ("命中", "未命中", "不可用或过期")
    assert answer["household"]["incomplete_because"] == ["property_source_closed_or_stale"]


def test_a_stale_income_source_judges_no_one_innocent(family: Family) -> None:
    family.execute("update marts.source_freshness set is_stale = true where feed = 'social_insurance'")
    family.publish()
    assert family.verify()["household"]["income_against_standard"] == "not_assessable"


def test_a_source_is_judged_by_the_senders_of_the_division_asked_for(family: Family) -> None:
    """Companies of one district are told late, of another by nobody; what no contract tells apart is 000000."""
    family.execute(
        "insert into marts.source_freshness_by_division"
        " (feed, division_code, title_zh, last_business_date, last_delivery_id, days_old, is_stale)"
        " select feed, division_code, title_zh, last_business_date, last_delivery_id, days_old,"
        " is_stale or (feed = 'company' and division_code = '420203')"
        " from marts.source_freshness"
        " cross join (values ('420202'), ('420203'), ('420204'), ('000000')) as places (division_code)"
        " where feed <> 'company' or division_code <> '420204'"
    )
    family.publish()
    for division, told in (
        ("420202", "not_hit"),
        ("420203", "stale"),
        ("420204", "unavailable"),
        ("429004", "not_hit"),
    ):
        answer = family.verify(f"R{division}", division_code=division)
        assert status(answer)["company"] == told, division
        is_known = told == "not_hit"
        assert (answer["household"]["incomplete_because"] == []) is is_known, division


def test_old_data_say_not_hit_of_nobody(family: Family) -> None:
    """A pipeline that stands still ages: its business date is far behind the day of the question."""
    family.execute(
        "update rules.verification_parameter set value = 7 where parameter = 'release_max_age_days'"
    )
    family.publish()
    answer = family.verify()
    assert answer["is_outdated"] is True
    assert "not_hit" not in status(answer).values()


# Consent, purpose


@pytest.mark.parametrize(
    ("since", "to", "expected"),
    [
        (YESTERDAY, YESTERDAY, "outside_period"),
        (TOMORROW, TOMORROW, "outside_period"),
        (TODAY, TODAY, None),
    ],
)
def test_consent_holds_from_its_first_to_its_last_day(
    family: Family, since: date, to: date, expected: str | None
) -> None:
    family.authorize(1, number="SQ-2", since=since, to=to)
    family.publish()
    answer = family.verify(authorization_no="SQ-2", members=[family.member(1)])
    if expected is None:
        assert answer["status"] == "answered"
    else:
        assert problem(answer) == ("no_live_authorization", 403)
        assert answer["problem"]["detail"]["reason"] == expected


def test_no_consent_no_answer_and_a_line_in_the_log(family: Family) -> None:
    family.publish()
    unknown = family.verify(authorization_no="SQ-404")
    uncovered = family.verify("R2", members=[family.member(1), family.member(9, "其他")])
    family.execute("insert into ops.authorization_revocation values (%s, 'tester', '本人撤回')", [CONSENT])
    revoked = family.verify("R3")
    assert [a["problem"]["detail"]["reason"] for a in (unknown, uncovered, revoked)] == [
        "unknown",
        "person_not_covered",
        "revoked",
    ]
    assert uncovered["problem"]["detail"]["members"] == [2]
    assert all(set(answer) == {"status", "problem"} for answer in (unknown, uncovered, revoked))
    assert (
        family.log("outcome, problem_code, answer is null, resident_ids")
        == [("refused", "no_live_authorization", True, [])] * 3
    )


@pytest.mark.parametrize("purpose", ["curiosity", "", None])
def test_no_purpose_no_answer(family: Family, purpose: str | None) -> None:
    family.publish()
    request = family.request(purpose=purpose)
    if purpose is None:
        del request["purpose"]
    assert problem(family.call("verify", request)) == ("purpose_unknown", 403)
    assert family.log("problem_code") == [("purpose_unknown",)]


def test_the_consent_of_the_aid_household_feed(family: Family) -> None:
    family.add(
        "aid_household", aid_household_no="JZ1", authorization_no="SQ-JZ1", authorized_from=YESTERDAY,
        authorized_to=TOMORROW,
    )  # fmt: skip
    for member_no, resident_id in ((1, 1), (2, 2)):
        family.add(
            "aid_household_member", aid_household_no="JZ1", member_no=member_no, resident_id=resident_id,
            name=family.NAMES[resident_id], delivery_id="d", line_number=1,
        )  # fmt: skip
    family.publish()
    covered = [family.member(1), family.member(2, "配偶")]
    assert family.verify(authorization_no="SQ-JZ1", members=covered)["status"] == "answered"
    answer = family.verify("R2", authorization_no="SQ-JZ1", members=[*covered, family.member(3, "子女")])
    assert answer["problem"]["detail"] == {"reason": "person_not_covered", "members": [3]}
    # who has left the household has signed for nothing that is asked today
    family.execute("update marts.aid_household_member set valid_to = '2025-06-01' where member_no = 2")
    family.publish()
    assert family.verify("R3", authorization_no="SQ-JZ1", members=covered)["status"] == "refused"


def test_a_source_not_opened_stays_closed(family: Family) -> None:
    family.authorize(1, number="SQ-2", feeds=["population", "marriage_event", "vehicle"])
    family.authorize(2, number="SQ-2", feeds=None)
    evidence = {"facts": {}, "sources": [{"feed": "company", "delivery_id": "c", "line_number": 1}]}
    family.add(
        "finding", finding_id="f", rule_code="D01", subject_resident_id=1, outcome="hit", severity="red",
        evidence=evidence,
    )  # fmt: skip
    family.publish()
    answer = family.verify(authorization_no="SQ-2", members=[family.member(1), family.member(2, "配偶")])
    told = status(answer)
    assert (told["social_insurance"], told["vehicle"]) == ("not_authorized", "hit")
    applicant = asked(family, 1, answer)
    assert (applicant["income_items"], applicant["benefits"]) == (None, None)
    assert [item["property_kind"] for item in applicant["property_items"]] == ["vehicle"]
    household = answer["household"]
    assert (household["vehicle_count"], household["vehicle_value_yuan"]) == (1, 60000)
    for closed in (
        "income_yuan", "income_per_capita_yuan", "standard_multiple", "dwelling_count", "company_count",
        "living_count",
    ):  # fmt: skip
        assert household[closed] is None, closed
    assert household["income_against_standard"] == "not_assessable"
    assert "D01" not in {flag["rule_code"] for flag in answer["flags"]}
    # The wife has no car, but nobody asked for a flat.
    assert asked(family, 2, answer)["property_items"] is None
    assert {applicant[told] for told in ("is_alive", "died_on")} == {None}
    assert {s["feed"]: s["members_hit"] for s in answer["sources"]}["social_insurance"] is None


def test_what_only_the_register_tells_stays_closed_with_it(family: Family) -> None:
    family.authorize(1, number="SQ-2", feeds=["vehicle", "real_estate", "company"])
    family.publish()
    answer = family.verify(authorization_no="SQ-2", members=[family.member(1)])
    applicant = asked(family, 1, answer)
    assert applicant["identity"] == "found"
    for closed in ("division_code", "is_registered", "is_alive", "died_on", "marriage", "benefits"):
        assert applicant[closed] is None, closed
    assert answer["household"]["standard"] is None
    assert [item["property_kind"] for item in applicant["property_items"]] == ["dwelling", "vehicle"]


@pytest.mark.parametrize("ending", ["none", "the partner died", "both died"])
def test_where_deaths_are_closed_a_marriage_tells_of_none(family: Family, ending: str) -> None:
    family.authorize(1, number="SQ-2", feeds=["marriage_event"])
    if ending != "none":
        family.execute("update marts.marriage_spell set ended_on = '2020-01-01', ended_by = 'death'")
    if ending == "both died":
        family.execute("update marts.resident set died_on = '2021-01-01' where resident_id = 1")
    family.publish()
    closed = family.verify("R1", authorization_no="SQ-2", members=[family.member(1)])
    # As the marriage register has it, which knows of no death; whether the spouse lives nobody said.
    assert closed["members"][0]["marriage"] == {
        "status": "married",
        "registered_on": "2010-01-01",
        "has_undeclared_spouse": None,
        "spouse_member_no": None,
    }
    assert "C01" not in {flag["rule_code"] for flag in closed["flags"]}
    opened = family.verify("R2", members=[family.member(1)])["members"][0]["marriage"]
    told = {"none": ("married", True), "the partner died": ("widowed", False), "both died": (None, False)}
    assert (opened["status"], opened["has_undeclared_spouse"]) == told[ending]


def test_a_divorce_is_told_where_deaths_are_closed(family: Family) -> None:
    family.authorize(1, number="SQ-2", feeds=["marriage_event"])
    family.execute("update marts.marriage_spell set ended_on = '2020-01-01', ended_by = 'divorce'")
    family.execute("update marts.resident set died_on = '2021-01-01' where resident_id = 1")
    family.publish()
    marriage = family.verify(authorization_no="SQ-2", members=[family.member(1)])["members"][0]["marriage"]
    assert (marriage["status"], marriage["has_undeclared_spouse"]) == ("divorced", False)


def test_staleness_is_judged_by_one_clock(family: Family) -> None:
    """A build older than it may be makes every source stale, in the answer and in the list of sources alike."""
    for stale in (False, True):
        family.execute(
            "update rules.verification_parameter set value = %s where parameter = 'release_max_age_days'",
            [1 if stale else 100000],
        )
        family.publish()
        answered = {s["feed"]: s["is_stale"] for s in family.verify(f"R{stale}")["sources"]}
        listed = family.connection.execute(
            "select feed, is_stale, judged_on from api_v1.source_freshness"
        ).fetchall()
        assert set(answered.values()) == {stale}
        assert {feed: is_stale for feed, is_stale, _ in listed} == answered
        assert {judged_on for _, _, judged_on in listed} == {TODAY}


# One request, one answer


def test_the_same_request_gets_the_same_answer(family: Family) -> None:
    family.publish()
    first = family.verify()
    family.execute("update marts.income_item set amount_yuan = 1 where resident_id = 1")
    family.publish()
    assert family.verify() == first
    assert family.verify("R2")["household"]["income_yuan"] == 501
    assert family.log("outcome, report_no, answer is null") == [
        ("answered", first["report_no"], False),
        ("repeated", first["report_no"], True),
        ("answered", family.log("report_no")[2][0], False),
    ]


def test_the_same_id_with_another_body_is_refused(family: Family) -> None:
    family.publish()
    family.verify()
    assert problem(family.verify(purpose="review")) == ("request_id_reused", 409)
    assert problem(family.call("marriage_status", family.request())) == ("request_id_reused", 409)


def test_a_refused_request_may_be_asked_again(family: Family) -> None:
    family.publish()
    assert family.verify(authorization_no="SQ-7", members=[family.member(9)])["status"] == "refused"
    family.authorize(9, number="SQ-7")
    assert family.verify(authorization_no="SQ-7", members=[family.member(9)])["status"] == "answered"


def test_consent_withdrawn_closes_the_answers_already_given(family: Family) -> None:
    family.publish()
    given = family.verify()
    assert family.call("get_report", given["report_no"], "review") == given
    family.execute("insert into ops.authorization_revocation values (%s, 'tester', '本人撤回')", [CONSENT])
    assert problem(family.verify()) == ("no_live_authorization", 403)
    assert problem(family.call("get_report", given["report_no"], "review")) == ("no_live_authorization", 403)


def test_a_report_is_given_again_and_noted(family: Family) -> None:
    family.publish()
    given = family.verify()
    assert given["valid_until"] == str(TODAY + timedelta(days=60))
    assert family.call("get_report", given["report_no"], "objection", "复核员乙") == given
    assert problem(family.call("get_report", "HD-404", "review")) == ("report_unknown", 404)
    family.call("get_report", given["report_no"], "objection", "\u3000\u200b")
    assert family.log("operation, outcome, purpose, operator")[1:] == [
        ("get_report", "repeated", "objection", "复核员乙"),
        ("get_report", "refused", "review", None),
        ("get_report", "repeated", "objection", family.connection.info.user),
    ]


def test_two_at_once_with_one_id_get_one_report(family: Family, database: Warehouse) -> None:
    family.publish()
    answers: list[dict] = []

    def ask() -> None:
        with database.connect() as connection:
            other = object.__new__(Family)
            other.connection, other.numbers = connection, family.numbers
            answers.append(other.verify())

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({answer["report_no"] for answer in answers}) == 1
    assert sorted(outcome for (outcome,) in family.log("outcome")) == ["answered", *["repeated"] * 3]


# The narrower questions


def test_marriage_status_tells_of_marriage_only(family: Family) -> None:
    family.publish()
    answer = family.call("marriage_status", family.request())
    assert [member["marriage"]["status"] for member in answer["members"]] == [
        "married",
        "married",
        "no_record",
    ]
    assert list(status(answer)) == ["marriage_event"]
    told = set(answer) | {key for member in answer["members"] for key in member}
    assert not told & {"household", "flags", "income_items", "benefits", "stay"}
    assert family.log("operation") == [("marriage_status",)]


def test_eldercare_stay_tells_of_stays_only(family: Family) -> None:
    family.add("eldercare_stay", stay_no="RZ1", resident_id=2, institution_code="Y1")
    family.publish()
    answer = family.call("eldercare_stay", family.request())
    assert [bool(member["stay"]) for member in answer["members"]] == [False, True, False]
    assert "marriage" not in answer["members"][0]


# Requests that are none


def test_before_the_first_publication(family: Family) -> None:
    assert problem(family.verify()) == ("not_published", 503)


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"request_id": "with blank"}, "/request_id", "wrong_form"),
        ({"request_id": 7}, "/request_id", "not_text"),
        ({"authorization_no": None}, "/authorization_no", "not_text"),
        ({"operator": ""}, "/operator", "blank"),
        ({"operator": "\u3000\u200b"}, "/operator", "blank"),
        ({"operator": "长" * 65}, "/operator", "too_long"),
        ({"aid_type": "XX"}, "/aid_type", "not_in_list"),
        ({"members": []}, "/members", "too_few"),
        ({"members": [{"name": "王一"}] * 21}, "/members", "too_many"),
        ({"members": [{"name": "王一", "id_number": "1"}]}, "/members/0/relation", "missing"),
        (
            {"members": [{"name": "王一", "id_number": "1", "relation": "本人", "extra": 1}]},
            "/members/0/extra", "unknown_field",
        ),
        ({"members": ["王一"]}, "/members/0", "not_object"),
        ({"members": {}}, "/members", "not_list"),
        ({"division_code": "4202"}, "/division_code", "wrong_form"),
        ({"urban_rural": "town"}, "/urban_rural", "not_in_list"),
        ({"unheard": 1}, "/unheard", "unknown_field"),
        ({"420203198001010011": 1}, "", "unknown_field"),
    ],
)  # fmt: skip
def test_a_broken_request_names_its_fields_and_is_logged(
    family: Family, change: dict, pointer: str, code: str
) -> None:
    family.publish()
    answer = family.verify(**({"request_id": "R1"} | change))
    assert problem(answer) == ("invalid_request", 400)
    assert answer["problem"]["detail"] == {
        "fields": [pointer.split("/")[1] if pointer else "request"],
        "errors": [{"pointer": pointer, "code": code}],
    }
    assert family.log("outcome, problem_code") == [("refused", "invalid_request")]


def test_a_person_named_twice_is_refused(family: Family) -> None:
    family.publish()
    assert problem(family.verify(members=[family.member(1), family.member(1, "配偶")])) == (
        "invalid_request",
        400,
    )


@pytest.mark.parametrize("request_body", [[], "text", 7, None])
def test_what_is_no_request_at_all(family: Family, request_body: object) -> None:
    family.publish()
    row = family.connection.execute("select api_v1.verify(%s::jsonb)", [json.dumps(request_body)]).fetchone()
    assert row
    assert problem(row[0]) == ("invalid_request", 400)


def test_a_huge_request_is_refused_and_not_kept(family: Family) -> None:
    family.publish()
    assert problem(family.verify(operator="长" * 100_000)) == ("invalid_request", 400)
    assert family.log("request") == [(None,)]


# Many at once


def test_a_batch_goes_on_where_it_broke_off(family: Family) -> None:
    family.publish()
    requests = [
        family.request(f"B{number}", purpose="review", members=[family.member(resident_id)])
        for number, resident_id in enumerate((1, 2, 9))
    ]
    batch = family.call("submit_batch", requests)
    assert (batch["status"], batch["total"], batch["answered"]) == ("running", 3, 0)
    assert family.call("advance_batch", batch["batch_id"]) is True
    assert family.call("batch", batch["batch_id"])["answered"] == 1
    while family.call("advance_batch", batch["batch_id"]):
        pass
    done = family.call("batch", batch["batch_id"])
    assert (done["status"], done["answered"], done["refused"]) == ("done", 2, 1)
    assert done["items"][2]["problem_code"] == "no_live_authorization"
    assert (
        family.call("get_report", done["items"][0]["report_no"], "review")["members"][0]["resident_id"] == 1
    )


def test_a_request_over_the_time_limit_is_refused_and_the_next_is_answered(family: Family) -> None:
    family.publish()
    requests = [family.request(f"B{number}", purpose="review") for number in (0, 1)]
    batch_id = family.call("submit_batch", requests)["batch_id"]
    family.execute(
        """
        alter function verification.content rename to real_content;
        create function verification.content(jsonb, verification.asked_member[], integer, date, text[]) returns jsonb
        language plpgsql as $$ begin
            perform pg_sleep(case when $1 ->> 'request_id' = 'B0' then 60 else 0 end);
            return verification.real_content($1, $2, $3, $4, $5);
        end $$;
        set statement_timeout = '2s';
        """
    )
    family.connection.commit()
    while family.call("advance_batch", batch_id):
        pass
    found = family.call("batch", batch_id)
    assert [item["problem_code"] for item in found["items"]] == ["unavailable", None]
    assert (found["status"], found["answered"]) == ("done", 1)


def test_a_batch_nobody_submitted(family: Family) -> None:
    assert problem(family.call("batch", "00000000-0000-0000-0000-000000000000")) == ("batch_unknown", 404)
    assert problem(family.call("submit_batch", [])) == ("invalid_request", 400)
