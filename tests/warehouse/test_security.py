"""Who may do what: every role logs in and tries everything; the traps of row security; the golden file."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from hand_made_family import Family, problem

from ingestion.contract import load_contracts
from warehouse.verification.audit import check_log, readings

GOLDEN = Path(__file__).parent / "golden" / "security.txt"
ROLES = (
    "loader", "transformer", "publisher", "analyst", "approval_api", "officer", "auditor", "vendor_ops",
)  # fmt: skip

# Owners, rights and policies of everything served or logged, and the rights in the other schemas.
SECURITY = """
with

objects as (
    select 'schema' as kind, nspname::text as name, nspowner as owner,
        coalesce(nspacl, acldefault('n', nspowner)) as acl, nspname::text as schema
    from pg_namespace
    union all
    select case relkind when 'v' then 'view' when 'S' then 'sequence' else 'table' end, oid::regclass::text, relowner,
        coalesce(relacl, acldefault(case relkind when 'S' then 's' else 'r' end::"char", relowner)),
        relnamespace::regnamespace::text
    from pg_class where relkind in ('r', 'v', 'S')
    union all
    select 'function', oid::regprocedure::text, proowner, coalesce(proacl, acldefault('f', proowner)),
        pronamespace::regnamespace::text
    from pg_proc
    union all
    select 'column', attrelid::regclass::text || '.' || attname, relowner, attacl, relnamespace::regnamespace::text
    from pg_attribute inner join pg_class on pg_class.oid = attrelid where attacl is not null
),

lines as (
    select schema, kind, name, 'owner ' || case when pg_has_role(owner, 'dw_owner', 'member') and rolsuper
        then 'administrator' else rolname end as fact
    from objects inner join pg_roles on pg_roles.oid = owner
    union all
    select schema, kind, name, granted.grantee::regrole::text || ' ' || string_agg(
        granted.privilege_type, ' ' order by granted.privilege_type
    )
    from objects, aclexplode(acl) as granted
    where granted.grantee <> owner and granted.grantee <> 0
    group by schema, kind, name, granted.grantee
    union all
    select schema, kind, name, 'EVERYBODY ' || granted.privilege_type
    from objects, aclexplode(acl) as granted where granted.grantee = 0
    union all
    select relnamespace::regnamespace::text, 'table', oid::regclass::text,
        case when relforcerowsecurity then 'row security forced' else 'row security' end
    from pg_class where relrowsecurity
    union all
    select schemaname, 'table', schemaname || '.' || tablename, format(
        'policy %s for %s to %s using %s', policyname, cmd, array_to_string(roles, ', '),
        regexp_replace(qual, '\\s+', ' ', 'g')
    )
    from pg_policies
)

select kind || ' ' || name || ': ' || fact
from lines
where schema in (
    'raw', 'clean', 'ops', 'audit', 'verification', 'staging', 'intermediate', 'marts', 'rules', 'pub', 'api_v1',
    'analytics', 'desk'
)
order by 1
"""


@pytest.fixture
def family(connection: psycopg.Connection) -> Family:
    """Resident 4 lives in another division; all are published."""
    family = Family(connection)
    family.execute("update marts.resident set division_code = '420204' where resident_id = 4")
    family.execute("update marts.resident set division_code = null where resident_id = 9")
    family.publish()
    return family


def seen(connection: psycopg.Connection, query: str) -> list:
    return [row[0] for row in connection.execute(query.encode()).fetchall()]


def outcome(connection: psycopg.Connection, statement: str) -> str:
    """Whether the role may, judged by the rights alone: what comes of it is rolled back."""
    try:
        with connection.transaction(force_rollback=True):
            connection.execute(statement.encode())
    except psycopg.errors.InsufficientPrivilege:
        return "refused"
    except psycopg.Error:
        return "allowed"  # past the rights, and then something else
    return "allowed"


# The golden file


def security(connection: psycopg.Connection) -> list[str]:
    return seen(connection, SECURITY)


def test_rights_owners_and_policies_are_those_agreed(connection: psycopg.Connection) -> None:
    """After a change on purpose: MINZHENG_WRITE_GOLDEN=1 pytest tests/warehouse/test_security.py, and read the diff."""
    found = security(connection)
    if os.environ.get("MINZHENG_WRITE_GOLDEN"):
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_text("\n".join(found) + "\n", encoding="utf-8")
    assert found == GOLDEN.read_text(encoding="utf-8").splitlines()


def test_everything_stands_after_a_publish(family: Family) -> None:
    before = security(family.connection)
    family.add_resident(5)
    family.publish()
    family.connection.commit()
    assert security(family.connection) == before


def test_nobody_in_general_has_any_right(connection: psycopg.Connection) -> None:
    assert [line for line in security(connection) if "EVERYBODY" in line] == []


# Every role tries every object


def objects(connection: psycopg.Connection) -> dict[str, list[str]]:
    """Statements that try each table, view and function of ours, by schema."""
    found: dict[str, list[str]] = {}
    for schema, name in connection.execute(
        "select relnamespace::regnamespace::text, oid::regclass::text from pg_class where relkind in ('r', 'v')"
        " and relnamespace::regnamespace::text = any(%s)",
        [["raw", "ops", "audit", "marts", "rules", "pub", "api_v1", "analytics", "desk"]],
    ).fetchall():
        found.setdefault(schema, []).append(f"select * from {name}")
    for schema, name, arguments, is_variadic in connection.execute(
        "select pronamespace::regnamespace::text, oid::regproc::text, array(select format_type(kind, null)"
        " from unnest(proargtypes) as kind), provariadic <> 0 from pg_proc where prorettype <> 'trigger'::regtype"
        " and pronamespace::regnamespace::text = any(%s)",
        [["clean", "audit", "verification", "pub", "api_v1"]],
    ).fetchall():
        values = [f"null::{argument}" for argument in arguments]
        if is_variadic:
            values[-1] = f"variadic {values[-1]}"
        found.setdefault(f"{schema}()", []).append(f"select {name}({', '.join(values)})")
    return found


# What every program looks at first.
UP_TO_DATE = ("select * from ops.alembic_version", "select * from ops.script")
READABLE = {
    "analyst": {
        "analytics": "select * from analytics.",
        "clean()": ("select clean.age_years(", "select clean.age_band(", "select clean.rule_side("),
    },
    "vendor_ops": {
        "ops": (
            "select * from ops.generation", "select * from ops.gate_result", "select * from ops.delivery",
            "select * from ops.alert", "select * from ops.source_scorecard", "select * from ops.inbox_stray",
            "select * from ops.withdrawal", "select * from ops.rollback", "select * from ops.build_under_way",
            "select * from ops.build_timing",
            *UP_TO_DATE,
        )
    },
    "auditor": {
        "audit": "select * from audit.",
        "audit()": "select audit.row_text",
        "api_v1()": (
            "select api_v1.reproduce(", "select api_v1.resident_of(", "select api_v1.self_entered_reports(",
            # the evidence of a finding of the own divisions
            "select api_v1.findings(", "select api_v1.finding_decisions(", "select api_v1.finding_handling(",
            "select api_v1.desk_finding_lines(", "select api_v1.sample_findings(",
        ),
        "ops": (
            "select * from ops.generation", "select * from ops.gate_result", "select * from ops.delivery",
            'select * from ops."authorization"', "select * from ops.authorization_revocation",
            "select * from ops.merged_resident", "select * from ops.withdrawal", "select * from ops.rollback",
            "select * from ops.turn", "select * from ops.login_last_use", "select * from ops.emergency_access",
            "select * from ops.scope_change",
            *UP_TO_DATE,
        ),
    },
    "security": {
        "ops": (
            "select * from ops.client", "select * from ops.division_scope", "select * from ops.login_last_use",
            "select * from ops.emergency_access", "select * from ops.scope_change", *UP_TO_DATE,
        ),
        "verification()": "select verification.today(",
    },
    "desk": {"desk": "select * from desk.", "ops": UP_TO_DATE},
    "approval_api": {
        "api_v1": ("select * from api_v1.current_release", "select * from api_v1.source_freshness"),
        "api_v1()": (
            "select api_v1.verify(", "select api_v1.marriage_status(", "select api_v1.eldercare_stay(",
            "select api_v1.get_report(", "select api_v1.submit_batch(", "select api_v1.advance_batch(",
            "select api_v1.advance_batches(", "select api_v1.batch(", "select api_v1.batch_page(",
            "select api_v1.is_client_door(", "select api_v1.purposes(", "select api_v1.report_matches(",
            "select api_v1.client_tokens(", "select api_v1.claim_callback(", "select api_v1.settle_callback(",
        ),
        "ops": UP_TO_DATE,
    },
    "officer": {
        "clean()": "select clean.rule_side(",
        "analytics": (
            "select * from analytics.coverage", "select * from analytics.division",
            "select * from analytics.generation", "select * from analytics.rule_precision",
            "select * from analytics.statistics_benefit_month",
            "select * from analytics.statistics_benefit_place",
            "select * from analytics.statistics_assistance_quarter",
        ),
        "api_v1": (
            "select * from api_v1.current_release", "select * from api_v1.source_freshness",
            "select * from api_v1.rule_title",
        ),
        "ops": UP_TO_DATE,
        "api_v1()": (
            "select api_v1.household_check(", "select api_v1.benefit_overlap(", "select api_v1.resident_status(",
            "select api_v1.findings(", "select api_v1.finding_count(", "select api_v1.finding_ids(",
            "select api_v1.worklist(", "select api_v1.household_sheets(", "select api_v1.finding_reasons(",
            "select api_v1.finding_decisions(", "select api_v1.decide_finding(", "select api_v1.purposes(",
            "select api_v1.authorization_state(", "select api_v1.enter_authorization(",
            "select api_v1.revoke_authorization(", "select api_v1.desk_choices(", "select api_v1.desk_counts(",
            "select api_v1.desk_findings(", "select api_v1.desk_household(", "select api_v1.desk_household_named(",
            "select api_v1.finding_handling(", "select api_v1.hand_finding(",
            "select api_v1.desk_overview(", "select api_v1.desk_deliveries(", "select api_v1.desk_delivery(",
            "select api_v1.desk_scorecard(", "select api_v1.ask_verification(", "select api_v1.desk_report(",
            "select api_v1.desk_reports(", "select api_v1.object_to_report(", "select api_v1.desk_objection(",
            "select api_v1.desk_objections(", "select api_v1.desk_objection_counts(",
            "select api_v1.objection_choices(", "select api_v1.verify_again(", "select api_v1.decide_objection(",
            "select api_v1.desk_scorecard(",
            "select api_v1.desk_finding_lines(", "select api_v1.desk_finding_lines_named(",
            "select api_v1.write_letter(", "select api_v1.finding_letter(", "select api_v1.desk_reminders(",
            "select api_v1.desk_substitutes(", "select api_v1.set_substitute(", "select api_v1.attach_to_finding(",
            "select api_v1.finding_attachment(", "select api_v1.held_of_person(",
            "select api_v1.withdraw_attachment(", "select api_v1.record_person_request(",
            "select api_v1.desk_person_request", "select api_v1.decide_person_request(",
        ),
    },
}  # fmt: skip


@pytest.mark.parametrize("role", READABLE)
def test_a_reader_reads_what_is_meant_for_the_role_and_nothing_else(
    family: Family, log_in: Callable[..., psycopg.Connection], role: str
) -> None:
    login = log_in(role)
    for schema, statements in objects(family.connection).items():
        for statement in statements:
            wanted = statement.startswith(READABLE[role].get(schema, ()))
            assert (outcome(login, statement) == "allowed") is wanted, statement


@pytest.mark.parametrize("role", ROLES)
def test_no_role_changes_what_is_not_its_own(
    family: Family, log_in: Callable[..., psycopg.Connection], role: str
) -> None:
    login = log_in(role)
    for statement in (
        "delete from audit.verification_log",
        "update audit.verification_log set purpose = 'review'",
        "insert into audit.verification_log (operation) values ('x')",
        "update audit.chain_head set log_id = 0",
        "alter table audit.verification_log disable trigger all",
        'insert into ops."authorization" (authorization_no) values (null)',
        "insert into ops.division_scope values (session_user, '*')",
        "delete from pub.resident",
        "drop policy serve on pub.resident",
        "create function public.leak() returns text language sql as 'select 1::text'",
        "set role dw_owner",
        "set session authorization dw_owner",
        "copy (select 1) to program 'true'",
    ):
        assert outcome(login, statement) == "refused", statement
    if role not in ("loader", "transformer", "publisher"):
        for statement in (
            "create temporary table mine (a integer)",
            "update pub.current_generation set generation = 1",
        ):
            assert outcome(login, statement) == "refused", statement


# Divisions


def test_analysts_see_their_own_divisions(family: Family, log_in: Callable[..., psycopg.Connection]) -> None:
    query = "select resident_id from analytics.person order by 1"
    assert seen(log_in("analyst"), query) == []  # not listed: nothing
    assert seen(log_in("analyst", "420204"), query) == [4]
    assert seen(log_in("analyst", "420203", "420204"), query) == [1, 2, 3, 4]
    assert seen(log_in("analyst", "*"), query) == [1, 2, 3, 4, 9]


@pytest.mark.parametrize("role", ["analyst", "officer"])
def test_statistics_and_measures_of_rules_are_those_of_the_own_divisions(
    family: Family, log_in: Callable[..., psycopg.Connection], role: str
) -> None:
    for division_code, recipient_count in (("420203", 12), ("420204", 30)):
        family.add(
            "statistics_benefit_month", benefit_month="2025-06-01", division_code=division_code,
            benefit_code="DB", age_band="all", sex_code="all", recipient_count=recipient_count,
        )  # fmt: skip
        family.add(
            "rule_precision", rule_code="A01", division_code=division_code, decided_count=recipient_count
        )
    family.publish("statistics")
    counted = "select recipient_count from analytics.statistics_benefit_month"
    decided = "select decided_count from analytics.rule_precision"
    assert seen(log_in(role, "420203"), counted) == [12]
    assert seen(log_in(role, "420203"), decided) == [12]
    assert seen(log_in(role), counted) == []


@pytest.mark.parametrize("role", ["analyst", "officer"])
def test_a_rule_with_nobody_to_judge_is_seen_by_every_division(
    family: Family, log_in: Callable[..., psycopg.Connection], role: str
) -> None:
    for rule_code, division_code, assessed in (("C02", None, 0), ("A01", None, 1), ("D02", "420204", 0)):
        family.add(
            "coverage",
            rule_code=rule_code,
            division_code=division_code,
            assessed=assessed,
            hits=0,
            not_assessable=1,
        )
    family.publish()
    assert seen(log_in(role, "420203"), "select rule_code from analytics.coverage") == ["C02"]


def test_who_moved_away_is_not_seen_by_where_they_lived(
    family: Family, log_in: Callable[..., psycopg.Connection]
) -> None:
    """Incomes and households follow the person and the case, also those of before."""
    family.add_income(4, "wage", 100, 74)
    family.add("registered_household_member", household_no="H4", resident_id=4, relation_code="01")
    family.add("aid_household", aid_household_no="JZ4", division_code="420204", is_active=True)
    family.add("aid_household_member", aid_household_no="JZ4", member_no=1, resident_id=4, delivery_id="d")
    family.publish()
    former, present = log_in("analyst", "420204"), log_in("analyst", "420205")

    def shown(analyst: psycopg.Connection) -> tuple[list, list]:
        return (
            seen(analyst, "select distinct resident_id from analytics.income_history"),
            seen(analyst, "select household_no from analytics.household_history order by 1"),
        )

    assert (shown(former), shown(present)) == (([4], ["H4", "JZ4"]), ([], []))
    for table in ("resident where resident_id = 4", "aid_household where aid_household_no = 'JZ4'"):
        family.execute(f"update marts.{table.replace(' where', ' set division_code = %s where')}", ["420205"])
    family.publish()
    assert (shown(former), shown(present)) == (([], []), ([4], ["H4", "JZ4"]))


def test_officers_see_the_households_of_their_own_divisions(
    family: Family, log_in: Callable[..., psycopg.Connection]
) -> None:
    for number, division in (("JZ3", "420203"), ("JZ4", "420204")):
        family.add("aid_household", aid_household_no=number, division_code=division, is_active=True)
    family.publish()
    officer = log_in("officer", "420204")
    for number, status in (("JZ4", "found"), ("JZ3", "unknown")):
        assert seen(officer, f"select api_v1.household_check('{number}', 'review') ->> 'status'") == [status]
    for resident_id, identity in ((4, "found"), (1, "unknown")):
        answer = officer.execute(
            "select api_v1.resident_status(%s, 'change') ->> 'identity'", [family.numbers[resident_id]]
        ).fetchone()
        assert answer == (identity,)


def test_what_an_officer_reads_of_a_person_is_logged_with_its_purpose(
    family: Family, log_in: Callable[..., psycopg.Connection]
) -> None:
    family.add("aid_household", aid_household_no="JZ4", division_code="420204", is_active=True)
    family.add("aid_household_member", aid_household_no="JZ4", member_no=1, resident_id=4, delivery_id="d")
    family.publish()
    officer = log_in("officer", "420204")
    for nothing in ("", ", 'curiosity'"):
        (refused,) = seen(officer, f"select api_v1.household_check('JZ4'{nothing})")
        assert problem(refused) == ("purpose_unknown", 403)
        with pytest.raises(psycopg.errors.InvalidParameterValue, match="No purpose"):
            seen(officer, f"select count(*) from api_v1.benefit_overlap('1'{nothing})")
    seen(officer, "select api_v1.household_check('JZ4', 'review')")
    officer.execute("select api_v1.resident_status(%s, 'review')", [family.numbers[4]])
    assert family.log("operation, outcome, purpose, resident_ids, starts_with(operator, 'officer_')") == [
        *[("household_check", "refused", purpose, [], None) for purpose in (None, "curiosity")],
        ("household_check", "read", "review", [4], True),
        ("resident_status", "read", "review", [4], True),
    ]
    assert len(readings(family.connection, 4)) == 2
    assert check_log(family.connection) == (4, [])


def test_the_approval_system_is_answered_from_every_division(
    family: Family, log_in: Callable[..., psycopg.Connection]
) -> None:
    family.authorize(4, number="SQ-4")
    family.connection.commit()
    approval = object.__new__(Family)
    approval.connection, approval.numbers = log_in("approval_api"), family.numbers
    answer = approval.verify(authorization_no="SQ-4", members=[family.member(4)])
    assert answer["members"][0]["division_code"] == "420204"
    assert family.log("caller")[0][0].startswith("approval_api_")


# The traps: each was measured to show all rows where it is not closed


def test_a_setting_of_the_caller_opens_nothing(
    family: Family, log_in: Callable[..., psycopg.Connection]
) -> None:
    analyst = log_in("analyst", "420204")
    analyst.execute("set row_security = off")
    analyst.execute("set minzheng.divisions = '*'")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):  # rather an error than unfiltered rows
        seen(analyst, "select resident_id from analytics.person")
    analyst.execute("reset row_security")
    assert seen(analyst, "select resident_id from analytics.person") == [4]


def test_a_right_given_by_mistake_opens_own_divisions_only(
    family: Family, log_in: Callable[..., psycopg.Connection]
) -> None:
    family.execute("grant usage on schema pub to analyst, vendor_ops")
    family.execute("grant select on pub.resident, pub.income_item to analyst, vendor_ops")
    family.connection.commit()
    try:
        analyst = log_in("analyst", "420204")
        assert seen(analyst, "select resident_id from pub.resident") == [4]
        assert seen(analyst, "select resident_id from pub.income_item") == []
        assert seen(log_in("vendor_ops", "*"), "select resident_id from pub.resident") == []
    finally:
        family.execute("revoke all on pub.resident, pub.income_item from analyst, vendor_ops")


def test_the_owner_of_the_tables_is_under_policies_too(family: Family) -> None:
    """Without FORCE an owner, and so every view of the owner, sees all rows whatever the policies."""
    family.execute("drop policy serve on pub.resident")
    family.execute("set role dw_owner")
    assert seen(family.connection, "select resident_id from pub.current_resident") == []
    family.connection.rollback()


@contextmanager
def leaky_function(connection: psycopg.Connection, login: str) -> Iterator[None]:
    """As if somebody had been allowed to make a function: cheap, so that a planner asks it first."""
    connection.execute("create schema traps; create table traps.caught (name text)")
    connection.execute(
        "create function traps.peek(name text) returns boolean language plpgsql cost 0.0000001 as"
        " $$ begin raise notice '%', name; return true; end $$"
    )
    connection.execute(f"grant usage on schema traps to {login}".encode())
    connection.commit()
    yield
    connection.execute("drop schema traps cascade")
    connection.commit()


def test_a_function_of_the_caller_sees_no_row_that_is_not_shown(
    family: Family, log_in: Callable[..., psycopg.Connection]
) -> None:
    analyst = log_in("analyst", "420204")
    noticed: list[str] = []
    analyst.add_notice_handler(lambda notice: noticed.append(notice.message_primary or ""))
    with leaky_function(family.connection, "analyst"):
        seen(analyst, "select resident_id from analytics.person where traps.peek(resident_id::text)")
    assert noticed == ["4"]


def test_policies_ask_once_and_not_for_every_row(connection: psycopg.Connection) -> None:
    """A function called per row was measured to cost 17 times the sub-select."""
    quals = seen(connection, "select qual from pg_policies where policyname = 'own_divisions'")
    assert len(quals) > 10
    assert all("( SELECT pub.own_divisions()" in qual or " IN ( SELECT " in qual for qual in quals)


def test_masked_views_read_under_row_security_only(connection: psycopg.Connection) -> None:
    read = seen(
        connection,
        """
        select distinct seen.relname::text
        from pg_class as view
        join pg_rewrite as rule on rule.ev_class = view.oid
        join pg_depend as needs on needs.objid = rule.oid and needs.classid = 'pg_rewrite'::regclass
        join pg_class as seen on seen.oid = needs.refobjid and needs.refclassid = 'pg_class'::regclass
        where view.relnamespace = 'analytics'::regnamespace and seen.oid <> view.oid
        """,
    )
    assert read
    assert [name for name in read if name.startswith("current_")] == []  # with the rights of dw_owner


def test_there_is_no_materialized_view(connection: psycopg.Connection) -> None:
    assert seen(connection, "select relname::text from pg_class where relkind = 'm'") == []


# Masks follow the marks of the contracts


def test_no_masked_view_shows_a_column_marked_sensitive(connection: psycopg.Connection) -> None:
    sensitive = {
        column.name
        for contract in load_contracts().values()
        for column in contract.columns
        if column.is_sensitive
    } | {"name", "born_on"}
    shown = seen(
        connection,
        "select distinct column_name::text from information_schema.columns where table_schema = 'analytics'",
    )
    assert {"id_number", "account_no"} <= sensitive
    assert sensitive & set(shown) == set()
