"""The contract with the approval system: answers, empty answers, index use, and who may ask."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import psycopg
import pytest
from hand_made_marts import DAY, Marts

JUNE, MAY = date(2025, 6, 1), date(2025, 5, 1)


def line(number: int, feed: str = "payment") -> dict[str, Any]:
    return {"feed": feed, "delivery_id": f"{feed}_20250630_01", "line_number": number}


@pytest.fixture
def marts(connection: psycopg.Connection) -> Marts:
    """One dibao household: applicant 1 with an undeclared spouse 4, son 2, and a member nobody knows."""
    marts = Marts(connection)
    marts.add("verification_code", code_list="purpose", code="review")
    for resident_id in (1, 2, 4, 5, 6):
        marts.add_resident(resident_id)
    marts.add_resident(7, died_on=date(2025, 1, 5), is_registered=False)
    marts.add(
        "aid_household",
        aid_household_no="JZ1",
        aid_type_code="DB",
        division_code="420203",
        is_active=True,
        approved_on=date(2024, 3, 1),
        monthly_amount_yuan=860,
    )
    for member_no, (member_id, name, relation) in enumerate(
        [(1, "居民1", "本人"), (2, "居民2", "子女"), (None, "无名", "其他")], start=1
    ):
        marts.add(
            "aid_household_member",
            aid_household_no="JZ1",
            member_no=member_no,
            resident_id=member_id,
            name=name,
            relation=relation,
            is_covered=True,
            valid_from=date(2024, 3, 1),
            delivery_id="aid_household_20250630_01",
            line_number=1,
        )
    marts.add(
        "aid_household_member",
        aid_household_no="JZ1",
        member_no=1,
        resident_id=6,
        name="居民6",
        valid_from=date(2024, 3, 1),
        valid_to=date(2024, 9, 1),
        delivery_id="aid_household_20240901_01",
        line_number=1,
    )
    marts.add(
        "marriage_spell",
        certificate_no="J1",
        husband_resident_id=1,
        wife_resident_id=4,
        wife_name="居民4",
        registered_on=date(2010, 1, 1),
    )
    marts.add(
        "household_means",
        household_kind="aid",
        household_no="JZ1",
        aid_household_no="JZ1",
        member_count=3,
        resolved_member_count=2,
        income_yuan=600,
        income_per_capita_yuan=200,
        standard_yuan=800,
        standard_multiple="0.25",
        vehicle_count=1,
        dwelling_count=1,
        company_count=0,
    )
    marts.add(
        "entitlement",
        entitlement_no="DY1",
        benefit_code="HL",
        resident_id=2,
        division_code="420203",
        started_on=date(2024, 1, 1),
        is_active=True,
    )
    marts.add("entitlement", entitlement_no="DY2", benefit_code="GL", resident_id=2, is_active=False)
    marts.add("eldercare_stay", stay_no="RZ1", resident_id=5, institution_code="Y1", entered_on=MAY)
    marts.add("disability_card", card_no="C1", resident_id=2, disability_level=1, is_valid=True)
    marts.add(
        "source_freshness",
        feed="payment",
        title_zh="资金发放",
        last_business_date=DAY,
        days_old=0,
        is_stale=False,
    )
    marts.add(
        "source_freshness",
        feed="vehicle",
        title_zh="机动车",
        last_business_date=MAY,
        days_old=60,
        is_stale=True,
    )
    marts.add("source_freshness", feed="company", title_zh="市场主体", is_stale=True)
    marts.add(
        "anomaly_rule",
        rule_code="C01",
        title_zh="配偶未申报",
        severity="red",
        clears_it_zh="补充申报或离婚证明",
    )
    marts.add(
        "finding",
        finding_id="f-spouse",
        rule_code="C01",
        subject_resident_id=1,
        aid_household_no="JZ1",
        outcome="hit",
        severity="red",
    )
    return marts


def ask(marts: Marts, query: str, *parameters: object) -> Any:
    row = marts.connection.execute(query.encode(), parameters).fetchone()
    return row[0] if row else None


def household(marts: Marts, number: str = "JZ1") -> dict[str, Any]:
    return ask(marts, "select api_v1.household_check(%s, 'review')", number)


def member(marts: Marts, member_no: int) -> dict[str, Any]:
    return next(m for m in household(marts)["members"] if m["member_no"] == member_no)


def number_of(marts: Marts, resident_id: int) -> str:
    return ask(marts, "select id_number from marts.resident where resident_id = %s", resident_id)


# Household check


def test_a_household_is_answered_with_means_generation_and_day(marts: Marts) -> None:
    marts.publish()
    answer = household(marts)
    shown = (
        "status",
        "aid_type_code",
        "is_active",
        "income_per_capita_yuan",
        "standard_multiple",
        "vehicle_count",
    )
    assert [answer[name] for name in shown] == ["found", "DB", True, 200, 0.25, 1]
    assert (answer["generation"], answer["business_date"]) == (1, "2025-06-30")
    assert [m["member_no"] for m in answer["members"]] == [1, 2, 3]  # the former member is not among them


def test_a_member_shows_what_is_in_force(marts: Marts) -> None:
    marts.publish()
    son = member(marts, 2)
    assert son["marital_status"] == "no_record"
    assert son["is_alive"] is True
    assert [(b["benefit_code"], b["case_no"]) for b in son["benefits"]] == [("DB", "JZ1"), ("HL", "DY1")]
    assert son["disability"]["disability_level"] == 1
    nobody = member(marts, 3)
    assert (nobody["resident_id"], nobody["is_alive"], nobody["has_undeclared_spouse"]) == (None, None, None)


def test_an_undeclared_spouse_is_named_as_existing_only(marts: Marts) -> None:
    marts.publish()
    applicant = member(marts, 1)
    assert (applicant["marital_status"], applicant["has_undeclared_spouse"]) == ("married", True)
    text = json.dumps(household(marts), ensure_ascii=False)
    assert "居民4" not in text
    assert number_of(marts, 4) not in text


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("update marts.aid_household_member set resident_id = 4 where member_no = 3", ("married", False)),
        # declared, but under a number that leads to nobody
        ("update marts.aid_household_member set name = '居民4' where member_no = 3", ("married", False)),
        ("update marts.marriage_spell set wife_resident_id = null", ("married", None)),
        (
            "update marts.marriage_spell set ended_on = '2020-01-01', ended_by = 'divorce'",
            ("divorced", False),
        ),
        ("update marts.marriage_spell set ended_on = '2020-01-01', ended_by = 'death'", ("widowed", False)),
        (
            "update marts.marriage_spell set ended_on = '2020-01-01', ended_by = 'revoked'",
            ("no_record", False),
        ),
    ],
)
def test_marriage_now(marts: Marts, change: str, expected: tuple[str, bool | None]) -> None:
    marts.execute(change)
    marts.publish()
    applicant = member(marts, 1)
    assert (applicant["marital_status"], applicant["has_undeclared_spouse"]) == expected


def test_findings_come_with_title_and_what_clears_them(marts: Marts) -> None:
    marts.add(
        "finding",
        finding_id="f-son",
        rule_code="B01",
        subject_resident_id=2,
        aid_household_no="JZ9",
        outcome="hit",
    )
    marts.add("finding", finding_id="f-other", rule_code="C01", subject_resident_id=5, outcome="hit")
    marts.publish()
    findings = {f["finding_id"]: f for f in household(marts)["open_findings"]}
    assert set(findings) == {"f-spouse", "f-son"}
    assert findings["f-spouse"]["title_zh"] == "配偶未申报"
    assert findings["f-spouse"]["clears_it_zh"] == "补充申报或离婚证明"


def test_a_stopped_household_shows_the_members_of_its_last_day(marts: Marts) -> None:
    marts.execute("update marts.aid_household set is_active = false, stopped_on = '2025-02-01'")
    marts.execute("update marts.aid_household_member set valid_to = '2025-02-01' where valid_to is null")
    marts.publish()
    assert [m["member_no"] for m in household(marts)["members"]] == [1, 2, 3]
    assert member(marts, 1)["benefits"] == []


def test_every_source_says_how_far_it_reaches(marts: Marts) -> None:
    marts.publish()
    status = {source["feed"]: source["status"] for source in household(marts)["sources"]}
    assert status == {"payment": "current", "vehicle": "stale", "company": "unavailable"}
    rows = marts.connection.execute("select feed, status from api_v1.source_freshness").fetchall()
    assert dict(rows) == status


# Residents


def test_a_resident_is_found_by_number(marts: Marts) -> None:
    marts.publish()
    answer = ask(marts, "select api_v1.resident_status(%s, 'review')", f" {number_of(marts, 5).lower()} ")
    assert (answer["identity"], answer["stay"]["institution_code"]) == ("found", "Y1")
    assert answer["masked_id_number"] == f"420203********{number_of(marts, 5)[-4:]}"
    assert number_of(marts, 5) not in json.dumps(answer)


@pytest.mark.parametrize("written", ["short", "with blanks", "full-width"])
def test_a_number_is_read_as_verification_reads_it(overlapping: Marts, written: str) -> None:
    number = number_of(overlapping, 1)
    asked = {
        "short": number[:6] + number[8:17],
        "with blanks": f"{number[:6]} {number[6:14]} {number[14:]}\u3000",
        "full-width": number.translate({ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789X"}),
    }[written]
    status = ask(overlapping, "select api_v1.resident_status(%s, 'review')", asked)
    assert (status["identity"], status["resident_id"]) == ("found", 1)
    assert ask(overlapping, "select count(*) from api_v1.benefit_overlap(%s, 'review')", asked) == 3


def test_the_dead_have_no_marital_status(marts: Marts) -> None:
    marts.publish()
    answer = ask(marts, "select api_v1.resident_status(%s, 'review')", number_of(marts, 7))
    assert (answer["is_alive"], answer["died_on"], answer["marital_status"]) == (False, "2025-01-05", None)


def test_no_record_of_death_proves_nothing_outside_the_register(marts: Marts) -> None:
    marts.execute("update marts.resident set is_registered = false where resident_id = 5")
    marts.publish()
    assert ask(marts, "select api_v1.resident_status(%s, 'review')", number_of(marts, 5))["is_alive"] is None


def test_unknown_is_not_unavailable(marts: Marts) -> None:
    marts.publish()
    unknown = ask(marts, "select api_v1.resident_status('420203190001010000', 'review')")
    assert (unknown["identity"], unknown["benefits"], len(unknown["sources"])) == ("unknown", None, 3)
    assert household(marts, "JZ404")["status"] == "unknown"


# Overlapping benefits


@pytest.fixture
def overlapping(marts: Marts) -> Marts:
    """Resident 1: DB and HL for two months, DB and GL for one; rule B06 objects to DB with HL."""
    paid = [("DB", "JZ1", MAY, 1), ("DB", "JZ1", JUNE, 2), ("HL", "DY7", MAY, 3), ("HL", "DY7", JUNE, 4)]
    for benefit_code, case_no, month, number in [*paid, ("GL", "DY8", JUNE, 5)]:
        marts.add(
            "benefit_month_person",
            resident_id=1,
            benefit_code=benefit_code,
            case_no=case_no,
            benefit_month=month,
            division_code="420203",
            household_paid_yuan=100 * number,
            sources=[line(number)],
        )
    cited = {"facts": {}, "sources": [line(1), line(3)]}
    marts.add(
        "finding", finding_id="f-b", rule_code="B06", subject_resident_id=1, outcome="hit", evidence=cited
    )
    # Cites payments of all three without saying that they exclude each other.
    every = {"facts": {}, "sources": [line(number) for number in range(1, 6)]}
    marts.add(
        "finding", finding_id="f-a", rule_code="A01", subject_resident_id=1, outcome="hit", evidence=every
    )
    marts.publish()
    return marts


def test_overlaps_are_pairs_with_months_amounts_and_findings(overlapping: Marts) -> None:
    rows = overlapping.connection.execute(
        "select first_benefit_code, second_benefit_code, months, first_paid_yuan, second_paid_yuan,"
        " finding_ids, is_exclusive from api_v1.benefit_overlap order by 1, 2"
    ).fetchall()
    assert rows == [
        ("DB", "GL", [JUNE], 200, 500, None, False),
        ("DB", "HL", [MAY, JUNE], 300, 700, ["f-b"], True),
        ("GL", "HL", [JUNE], 500, 400, None, False),
    ]


def test_overlaps_of_one_person(overlapping: Marts) -> None:
    count = "select count(*) from api_v1.benefit_overlap(%s, 'review')"
    assert ask(overlapping, count, number_of(overlapping, 1)) == 3
    assert ask(overlapping, count, number_of(overlapping, 2)) == 0
    assert ask(overlapping, count, None) == 3
    assert ask(overlapping, "select count(*) from api_v1.benefit_overlap(purpose => 'review')") == 3


# Nothing published, older generations

VIEWS = ("household_check", "benefit_overlap", "source_freshness", "current_release")


def test_before_the_first_publication_answers_are_empty(marts: Marts) -> None:
    for view in VIEWS:
        assert ask(marts, f"select count(*) from api_v1.{view}") == 0
    assert household(marts) == {"status": "unavailable", "aid_household_no": "JZ1"}
    assert ask(marts, "select api_v1.resident_status(%s, 'review')", number_of(marts, 1)) == {
        "identity": "unavailable"
    }
    assert ask(marts, "select count(*) from api_v1.benefit_overlap(%s, 'review')", number_of(marts, 1)) == 0


def test_answers_come_from_the_generation_of_the_pointer(marts: Marts) -> None:
    marts.publish()
    marts.execute("update marts.household_means set vehicle_count = 9")
    marts.publish()
    assert (household(marts)["vehicle_count"], household(marts)["generation"]) == (9, 2)
    marts.execute("update pub.current_generation set generation = 1")
    assert (household(marts)["vehicle_count"], household(marts)["generation"]) == (1, 1)


# Speed: a lookup reads by index

MANY = 5_000
BIG = (
    "resident", "aid_household", "aid_household_member", "benefit_month", "benefit_month_person",
    "marriage_spell", "entitlement", "eldercare_stay", "disability_card", "household_means", "finding",
)  # fmt: skip


@pytest.fixture
def filled(marts: Marts) -> Marts:
    """Enough rows that reading a whole table would be the wrong plan."""
    everybody = f"from generate_series(1001, 1000 + {MANY}) as i"
    for statement in (
        "insert into marts.resident (resident_id, id_number, is_registered)"
        f" select i, 'N' || i, true {everybody}",
        "insert into marts.aid_household (aid_household_no, aid_type_code, is_active)"
        f" select 'M' || i, 'DB', true {everybody}",
        "insert into marts.aid_household_member"
        " (aid_household_no, member_no, resident_id, is_covered, delivery_id, line_number)"
        f" select 'M' || i, 1, i, true, 'd', i {everybody}",
        "insert into marts.household_means (household_kind, household_no, aid_household_no, income_yuan)"
        f" select 'aid', 'M' || i, 'M' || i, 0 {everybody}",
        "insert into marts.benefit_month (case_no, aid_household_no, benefit_code, benefit_month)"
        f" select 'M' || i, 'M' || i, 'DB', '2025-06-01' {everybody}",
        "insert into marts.benefit_month_person (resident_id, case_no, benefit_code, benefit_month, sources)"
        f" select i, code || i, code, '2025-06-01', '[]' {everybody}, unnest('{{DB,CJ}}'::text[]) as code",
        "insert into marts.marriage_spell (certificate_no, husband_resident_id, wife_resident_id)"
        f" select 'J' || i, i, i + {MANY} {everybody}",
        "insert into marts.entitlement (entitlement_no, benefit_code, resident_id, is_active)"
        f" select 'D' || i, 'CJ', i, true {everybody}",
        f"insert into marts.eldercare_stay (stay_no, resident_id) select 'R' || i, i {everybody}",
        "insert into marts.disability_card (card_no, resident_id, is_valid)"
        f" select 'C' || i, i, true {everybody}",
        "insert into marts.finding (finding_id, rule_code, subject_resident_id, aid_household_no)"
        f" select 'F' || i, 'C01', i, 'M' || i {everybody}".replace("marts.finding", "rules.finding"),
    ):
        marts.execute(statement)
    marts.publish()
    return marts


def whole_table_reads(marts: Marts) -> int:
    """Of big tables, so far in this session; also those of plans inside functions."""
    return ask(
        marts,
        "select sum(seq_scan)::integer from pg_stat_xact_user_tables"
        " where schemaname = 'pub' and relname = any(%s)",
        list(BIG),
    )


def test_a_lookup_reads_no_whole_table(filled: Marts) -> None:
    for query in (
        "select api_v1.household_check('M1500', 'review')",
        "select * from api_v1.household_check where aid_household_no = 'M1500'",
        "select api_v1.resident_status('N1500', 'review')",
        "select * from api_v1.benefit_overlap('N1500', 'review')",
    ):
        before = whole_table_reads(filled)
        filled.connection.execute(query.encode())
        assert whole_table_reads(filled) == before, query
    # The measure itself: a question about everybody does read whole tables.
    filled.connection.execute("select count(*) from api_v1.benefit_overlap")
    assert whole_table_reads(filled) > before


def scans(node: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Node type and relation of every scan in a plan."""
    if "Relation Name" in node:
        yield node["Node Type"], node["Relation Name"]
    for child in node.get("Plans", []):
        yield from scans(child)


def test_the_months_of_one_household_are_read_by_index(filled: Marts) -> None:
    plan = ask(
        filled,
        "explain (format json) select * from pub.current_benefit_month where aid_household_no = 'M1500'",
    )
    kinds = {kind for kind, relation in scans(plan[0]["Plan"]) if relation == "benefit_month"}
    assert kinds
    assert "Seq Scan" not in kinds


# Who may ask


@contextmanager
def acting_as(connection: psycopg.Connection, role: str) -> Iterator[None]:
    connection.execute(f"set role {role}".encode())
    try:
        yield
    finally:
        connection.execute("reset role")


def refused(connection: psycopg.Connection, statement: str) -> bool:
    try:
        with connection.transaction():
            connection.execute(statement.encode())
    except psycopg.errors.InsufficientPrivilege:
        return True
    return False


NOT_FOR_READERS = (
    "select * from marts.resident",
    "select * from rules.finding",
    "select * from pub.resident",
    "select * from pub.current_resident",
    "select * from pub.current_resident_situation",
    "select * from ops.delivery",
    "select clean.mask_name('张三')",
    "update pub.current_generation set generation = 1",
    "create temporary table mine (a integer)",
    "create table public.mine (a integer)",
)
SERVED = (
    *(f"select * from api_v1.{view}" for view in ("source_freshness", "current_release")),
    "select api_v1.household_check('JZ1', 'review')",
    "select api_v1.resident_status('1', 'review')",
    "select * from api_v1.benefit_overlap('1', 'review')",
)
UNLOGGED = ("select * from api_v1.household_check", "select * from api_v1.benefit_overlap")
MASKED = tuple(f"select * from analytics.{view}" for view in ("person", "benefit_month", "finding"))
MEASURES = ("select * from analytics.coverage", "select * from analytics.rule_precision")


@pytest.mark.parametrize(
    ("role", "allowed", "forbidden"),
    [
        ("officer", (*SERVED, *MEASURES), (*NOT_FOR_READERS, *MASKED, *UNLOGGED)),
        ("analyst", (*MASKED, *MEASURES), (*NOT_FOR_READERS, *SERVED)),
        ("vendor_ops", ("select * from ops.delivery",), (*SERVED, *MASKED, *MEASURES, *NOT_FOR_READERS[:5])),
        ("auditor", ("select * from ops.generation",), (*SERVED, *MASKED, *MEASURES, *NOT_FOR_READERS[:5])),
    ],
)
def test_roles(marts: Marts, role: str, allowed: tuple[str, ...], forbidden: tuple[str, ...]) -> None:
    marts.publish()
    with acting_as(marts.connection, role):
        assert [statement for statement in allowed if refused(marts.connection, statement)] == []
        assert [statement for statement in forbidden if not refused(marts.connection, statement)] == []


def test_the_publisher_may_publish_and_not_read_the_source_lines(marts: Marts) -> None:
    # dbt makes its tables anew: the rights on them must not depend on a grant afterwards.
    with acting_as(marts.connection, "publisher"):
        assert marts.publish().generation == 1
        assert refused(marts.connection, "select * from ops.rejected_row")
        assert refused(marts.connection, "delete from pub.resident")


BORN_ON = date(1960, 7, 1)


def test_analysts_see_masks_only(marts: Marts) -> None:
    marts.execute("update marts.resident set born_on = %s where resident_id = 1", [BORN_ON])
    marts.publish()
    with acting_as(marts.connection, "analyst"):
        row = marts.connection.execute(
            "select age_years, to_jsonb(person)::text from analytics.person as person where resident_id = 1"
        ).fetchone()
    assert row is not None
    assert row[0] == DAY.year - BORN_ON.year - 1  # on the day before the birthday
    for hidden in (number_of(marts, 1), number_of(marts, 1)[-4:], "居民", BORN_ON.isoformat()):
        assert hidden not in row[1]
    assert (
        ask(
            marts,
            "select count(*) from information_schema.columns where table_schema = 'analytics'"
            " and column_name in ('id_number', 'name', 'account_no', 'born_on')",
        )
        == 0
    )


def test_what_is_served_belongs_to_an_owner_who_is_no_superuser(connection: psycopg.Connection) -> None:
    owners = connection.execute(
        "select distinct relowner::regrole::text from pg_class"
        " where relnamespace in ('pub'::regnamespace, 'api_v1'::regnamespace, 'analytics'::regnamespace)"
        " and relkind in ('r', 'v')"
    ).fetchall()
    assert sorted(owners) == [("analytics_owner",), ("dw_owner",)]
    assert connection.execute(
        "select bool_or(rolsuper or rolcanlogin or rolbypassrls) from pg_roles"
        " where rolname in ('dw_owner', 'analytics_owner')"
    ).fetchone() == (False,)


def test_functions_of_others_search_the_temporary_schema_last(connection: psycopg.Connection) -> None:
    routines = connection.execute(
        "select oid::regprocedure::text, prosecdef, proconfig from pg_proc"
        " where pronamespace::regnamespace::text not in ('pg_catalog', 'information_schema')"
    ).fetchall()
    assert sum(is_definer for _, is_definer, _ in routines) > 20
    for name, is_definer, given in routines:
        paths = {setting for setting in given or () if setting.startswith("search_path=")}
        assert paths == {"search_path=pg_catalog, pg_temp"} if is_definer or paths else True, name


def test_everybody_has_no_rights(connection: psycopg.Connection) -> None:
    open_to_all = connection.execute(
        """
        select relation.oid::regclass::text
        from pg_class as relation, aclexplode(relation.relacl) as granted
        where granted.grantee = 0 and relation.relnamespace::regnamespace::text = any(%(schemas)s)
        union all
        select routine.oid::regprocedure::text
        from pg_proc as routine,
            aclexplode(coalesce(routine.proacl, acldefault('f', routine.proowner))) as granted
        where granted.grantee = 0 and routine.pronamespace::regnamespace::text = any(%(schemas)s)
        """,
        {"schemas": ["raw", "clean", "ops", "audit", "marts", "rules", "pub", "api_v1", "analytics"]},
    ).fetchall()
    assert open_to_all == []
