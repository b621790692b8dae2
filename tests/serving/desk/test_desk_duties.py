"""身份比对 and 审计: pages for those who link and those who audit, and for nobody else."""

import re

import psycopg
import pytest
from at_the_desk import ELSEWHERE, HERE, MINE, THEIRS, Officers, Visitor
from hand_made_family import Family

from serving.desk.officers import add, set_duty
from serving.desk.staff import join, leave, move
from warehouse.database.connection import Warehouse
from warehouse.database.errors import UsageError
from warehouse.verification.audit import anchor_log

MENTION = "population_20250630_full_01:7:resident"
# As landing and the models leave them, as far as a case of identity is shown.
SOURCES = """
create table raw.population (_delivery_id text, _line_number integer, name text, id_number text);
create table intermediate.int_person_mentions (
    feed text, delivery_id text, line_number integer, role text, id_number text, id_number_note text,
    unread_number text, name text, sex_code text, born_on date
);
"""


@pytest.fixture
def case(family: Family) -> Family:
    """A line of the register whose number differs from 2's in one place, and whose name is that of 1."""
    near = family.numbers[1][:-1] + ("1" if family.numbers[1][-1] != "1" else "2")
    family.execute(SOURCES)
    family.execute("grant select on raw.population, intermediate.int_person_mentions to loader")
    place = ["population_20250630_full_01", 7]
    family.execute("insert into raw.population values (%s, %s, '王一', %s)", [*place, near])
    family.execute(
        "insert into intermediate.int_person_mentions values ('population', %s, %s, 'resident', null, 'checksum',"
        " %s, '王一', '1', '1980-01-02')",
        [*place, near],
    )
    family.execute("update marts.resident set born_on = '1980-01-01', sex_code = '2' where resident_id = 1")
    for resident_id in (1, 4):
        family.execute(
            "insert into ops.resident_identity (resident_id, id_number, first_delivery_id, first_line_number,"
            " first_role) overriding system value values (%s, %s, %s, %s, 'resident')",
            [resident_id, family.numbers[resident_id], place[0], resident_id],
        )
        family.execute(
            "insert into ops.identity_review (delivery_id, line_number, role, resident_id, kind, match_score, reasons)"
            " values (%s, %s, 'resident', %s, 'grey', 0.8, array['号码差一位'])",
            [*place, resident_id],
        )
    family.execute(
        "insert into ops.person_link (feed, delivery_id, line_number, role, method)"
        " values ('population', %s, %s, 'resident', 'unresolved')",
        place,
    )
    family.connection.commit()
    return family


@pytest.fixture
def duty(family: Family, officer: Visitor) -> Visitor:
    for role in ("loader", "auditor"):
        family.execute(f"grant {role} to {officer.login}")
    family.connection.commit()
    return officer


def test_a_case_of_identity_is_compared_field_by_field_and_decided(
    case: Family, duty: Visitor, colleague: Visitor
) -> None:
    colleague.enter()
    assert "loader" in colleague.get("/identity").text
    assert MENTION not in colleague.get("/identity").text
    assert colleague.get(f"/identity/{MENTION}").status_code == 404
    assert colleague.post(f"/identity/{MENTION}", resident="1", decision="same").status_code == 404
    duty.enter()
    assert MENTION in duty.get("/identity").text
    page = duty.get(f"/identity/{MENTION}").text
    first = page[: page.index("可能的人 2")]
    for likeness in ("equal", "near", "different"):
        assert f'<tr class="{likeness}">' in first, "the name, number and birthday, the sex"
    assert "王一" not in page
    assert case.numbers[1] not in page
    assert duty.get("/identity/nothing").status_code == 404
    assert colleague.post(f"/identity/{MENTION}", named="yes").status_code == 404
    named = duty.post(f"/identity/{MENTION}", named="yes").text
    assert {"王一", case.numbers[1], case.numbers[4]} <= set(re.findall(r"[\w]+", named)), (
        "told from each other"
    )
    assert duty.post(f"/identity/{MENTION}", resident="1", decision="perhaps").status_code == 400
    assert duty.post(f"/identity/{MENTION}", resident="1", decision="same").status_code == 303
    assert "（1 人）" in duty.get(f"/identity/{MENTION}").text
    decided = "select resident_id, decision, decided_by, decided_login from ops.identity_decision"
    assert case.connection.execute(decided.encode()).fetchall() == [(1, "same", "张三", duty.login)]
    read = (
        "select operation, resident_ids from audit.verification_log"
        " where operation in ('review', 'mention_named') order by logged_at"
    )
    assert case.connection.execute(read.encode()).fetchall() == [
        ("review", [1, 4]), ("mention_named", [1, 4]),
    ]  # fmt: skip


def test_return_lists_are_for_those_who_take_deliveries_in(duty: Visitor) -> None:
    duty.enter()
    address = "/deliveries/return-list/payment"
    assert duty.get(address).headers["location"] == "/deliveries?told=nothing_to_correct"
    assert "没有待整改的行" in duty.get("/deliveries?told=nothing_to_correct").text
    assert duty.get("/deliveries/return-list/nothing").status_code == 404


def test_an_auditor_sees_who_read_whom_and_whether_the_log_holds(
    family: Family, duty: Visitor, officers: Officers, connection: psycopg.Connection, database: Warehouse
) -> None:
    other = officers.add("王五", "420203").enter()
    other.get(f"/findings/{MINE[0]}")
    assert "auditor" in other.get("/audit").text
    assert other.login not in other.get("/audit").text
    assert other.post("/audit/check").status_code == other.post("/audit/person").status_code == 404
    duty.enter()
    page = duty.get(f"/audit?operator={other.login}&operation=finding_decisions").text
    assert page.count(f'<bdi>王五</bdi> <span class="faint">{other.login}</span>') == 1
    assert "定期复核" in page
    assert other.login not in duty.get("/audit?since=2999-01-01").text
    assert duty.get("/audit?page=0").status_code == duty.get("/audit?since=x").status_code == 400
    assert other.login in duty.post("/audit/person", number=family.numbers[1]).text
    assert other.login not in duty.post("/audit/person", number=family.numbers[9]).text
    unanchored = duty.post("/audit/check").text
    assert "未与锚点核对" in unanchored
    assert "日志完整" not in unanchored
    assert anchor_log(database)
    assert "日志完整" in duty.post("/audit/check").text
    connection.execute("alter table audit.verification_log disable trigger all")
    connection.execute(
        "update audit.verification_log set purpose = 'change' where operator = %s", [other.login]
    )
    connection.commit()
    assert "日志不完整" in duty.post("/audit/check").text


def test_an_auditor_s_account_reads_the_audit_and_the_evidence_and_nothing_else(
    family: Family, officers: Officers, officer: Visitor, database: Warehouse
) -> None:
    login = f"audit_{database.parameters['dbname']}"
    auditor = officers.browser(add(database, login, "钱审计", [HERE], audits_only=True))
    officers.added.append(login)
    auditor.enter()
    officer.enter()
    assert auditor.get("/").headers["location"] == "/audit"
    page = auditor.get("/audit").text
    assert "/findings" not in page.partition("</header>")[0]
    assert officer.login in auditor.get(f"/audit?operator={officer.login}").text or officer.get("/findings")
    assert auditor.post("/audit/check").status_code == 200
    assert auditor.post("/audit/person", number=family.numbers[1]).status_code == 200
    pack = auditor.get("/audit/evidence?finding=mine1").headers["location"]
    assert auditor.get(pack).headers["content-type"] == "application/zip"
    assert auditor.get(f"/findings/{THEIRS}/evidence.zip").status_code == 404, "of another division"
    assert auditor.get("/audit/evidence?finding=../x").status_code == 404
    for address in (
        "/findings",
        "/findings/mine1",
        "/reports",
        "/households",
        "/held",
        "/person-requests",
        "/overview",
    ):
        assert auditor.get(address).status_code == 404, address
    for address in (
        "/findings/take",
        "/findings/mine1/decide",
        "/reports/ask",
        "/held",
        "/findings/list.xlsx",
    ):
        assert auditor.post(address, finding="mine1:0.0").status_code == 404, address
    set_duty(database, officer.login, is_head=True)
    page = officer.get("/substitutes").text
    assert "张三" in page
    assert "钱审计" not in page, "nobody stands in for who works on nothing"
    said = {"login": login, "substitute": officer.login, "from_on": "2099-01-01", "until_on": "2099-01-02"}
    assert officer.post("/substitutes", **said).status_code == 400
    assert auditor.login not in officer.get("/findings/mine1").text, "nothing can be handed over to it"
    with database.session() as admin:
        admin.execute(f"set session authorization {login}".encode())
        for act in (
            "api_v1.hand_finding('mine1', 'taken', null, null, 'x', '0.0')",
            "api_v1.decide_finding('mine1', 'dismissed', 'LAWFUL', 'x', null)",
            "api_v1.ask_verification('{}')",
            "api_v1.attach_to_finding('mine1', 'review', 'x', ''::bytea, 'x')",
            "api_v1.desk_finding_lines_named('mine1', 'review')",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), admin.transaction():
                admin.execute(f"select {act}".encode())
    with pytest.raises(UsageError, match="auditor"):
        set_duty(database, login, is_head=True)
    move(database, login, ["auditor"], [ELSEWHERE])
    assert auditor.get("/audit").status_code == 303, "signed out"
    with pytest.raises(UsageError, match="would come to the desk"):
        move(database, login, ["officer"], [ELSEWHERE])


def test_a_login_is_never_somebody_else_s(
    family: Family, officers: Officers, officer: Visitor, database: Warehouse
) -> None:
    """What bears its name (findings taken, decisions, readings, consents) would be the newcomer's."""
    officer.enter()
    officer.get("/findings")
    officer.desk.people.forget(officer.login)
    leave(database, officer.login)
    officers.added.remove(officer.login)
    with pytest.raises(UsageError, match="choose another"):
        add(database, officer.login, "后来人", [HERE])
    with database.session() as admin:
        assert admin.execute("select from pg_roles where rolname = %s", [officer.login]).fetchone() is None
    unused = f"unused_{database.parameters['dbname']}"
    add(database, unused, "无人", [HERE])
    leave(database, unused)
    add(database, unused, "后来人", [HERE])
    officers.added.append(unused)


@pytest.mark.parametrize(
    "trace",
    [
        "insert into ops.finding_assignment (finding_id, event, holder_login, assigned_by)"
        " values ('x', 'taken', %s, 'x')",
        "insert into ops.officer_substitute (login, substitute_login, from_on, until_on, set_by)"
        " values ('x', %s, now(), now(), 'x')",
        "insert into desk.account (login, display_name, issuer, subject) values (%s, 'x', 'x', 'x')",
        "insert into ops.client (client, divisions, added_login) values ('x', '{*}', %s)",
    ],
)
def test_any_trace_of_a_login_keeps_it_from_being_given_again(database: Warehouse, trace: str) -> None:
    with database.connect() as admin:
        admin.execute(trace.encode(), ["left_long_ago"])
    with pytest.raises(UsageError, match="choose another"):
        add(database, "left_long_ago", "后来人", [HERE])
    with pytest.raises(UsageError, match="choose another"):
        join(database, "left_long_ago", "后来人", ["analyst"], [HERE])
