"""来源行对照: the lines behind a finding, masked until somebody asks for names, and of one's own divisions alone."""

import json
from datetime import date

import psycopg
import pytest
from at_the_desk import ELSEWHERE, HERE, MINE, SCRIPT, Officers, Visitor
from hand_made_family import Family
from psycopg.types.json import Jsonb

from ingestion.contract import load_contracts
from ingestion.input_views import ensure_views
from ingestion.line_columns import register
from ingestion.raw_table import add_key, ensure_table
from warehouse.database.connection import Warehouse

DAY = date(2025, 6, 25)
CASE, CAR = "aid_household_20250625_full_01", "vehicle_20250625_full_01"
FINDING, PAGE = MINE[0], f"/findings/{MINE[0]}/lines"
PHONE, OTHER_PHONE = "13900000001", "13900000004"
REGISTER_FEED = """
insert into ops.feed (feed, system, title_zh, owner, records, line_records) values (%s, %s, %s, %s, %s, %s)
on conflict (feed) do update set line_records = excluded.line_records
"""
DELIVER = """
insert into ops.delivery (
    delivery_id, system, feed, business_date, mode, sequence_no, file_name, sha256, layout_version, received_count,
    landed_count, rejected_count, repeated_count, status
)
values (%s, %s, %s, %s, 'full', 1, %s, %s, 1, 1, 1, 0, 0, 'accepted')
"""
LINK = """
insert into ops.person_link (feed, delivery_id, line_number, role, resident_id, method)
values (%s, %s, %s, %s, %s, %s)
"""


@pytest.fixture
def told(family: Family) -> Family:
    """1's car behind a finding of the case JZ1, whose members are 1 and 4, who lives elsewhere; all landed."""
    everything = load_contracts()
    contracts = {feed: everything[feed] for feed in ("aid_household", "vehicle")}
    connection = family.connection
    for contract in contracts.values():
        ensure_table(connection, contract)
        add_key(connection, contract)
        connection.execute(
            REGISTER_FEED,
            [contract.feed, contract.system, contract.title, contract.owner, list(contract.records),
             list(contract.line_records)],
        )  # fmt: skip
    ensure_views(connection, contracts)
    register(connection, contracts)
    for delivery_id, feed in ((CASE, "aid_household"), (CAR, "vehicle")):
        connection.execute(DELIVER, [delivery_id, "any", feed, DAY, delivery_id, delivery_id])
    family.execute("update marts.resident set division_code = %s where resident_id = 4", [ELSEWHERE])
    members = [
        {"姓名": family.NAMES[who], "身份证号": family.numbers[who], "与申请人关系": relation, "是否保障对象": "是",
         "申报月收入": 0, "联系电话": phone}
        for who, relation, phone in ((1, "本人", PHONE), (4, "其他", OTHER_PHONE))
    ]  # fmt: skip
    family.execute(
        "insert into raw.aid_household (aid_household_no, aid_type_code, division_code, account_no, members,"
        " _delivery_id, _line_number, _row_hash, _is_repeat)"
        " values ('JZ1', 'DB', %s, '6222000011112222', %s, %s, 7, gen_random_uuid(), false)",
        [HERE, json.dumps(members, ensure_ascii=False), CASE],
    )
    family.execute(
        "insert into raw.vehicle (plate_no, vehicle_type, usage, assessed_wan_yuan, owner_name, owner_id_number,"
        " status, _delivery_id, _line_number, _row_hash, _is_repeat)"
        " values ('鄂B00001', 'K33', %s, '8.5', '王一', %s, '正常', %s, 3, gen_random_uuid(), false)",
        [SCRIPT, family.numbers[1], CAR],
    )
    family.add(
        "aid_household", aid_household_no="JZ1", aid_type_code="DB", division_code=HERE, is_active=True,
        delivery_id=CASE, line_number=7,
    )  # fmt: skip
    for who in (1, 4):
        family.execute(
            "insert into ops.resident_identity (resident_id, id_number, first_delivery_id, first_line_number,"
            " first_role) overriding system value values (%s, %s, %s, 7, %s)",
            [who, family.numbers[who], CASE, f"member{who}"],
        )
    for feed, delivery_id, line, role, who in (
        ("aid_household", CASE, 7, "member1", 1), ("aid_household", CASE, 7, "member2", 4),
        ("vehicle", CAR, 3, "owner", 1),
    ):  # fmt: skip
        family.execute(LINK, [feed, delivery_id, line, role, who, "id_number"])
    evidence = {"facts": {}, "sources": [{"feed": "vehicle", "delivery_id": CAR, "line_number": 3}]}
    family.execute("update rules.finding set evidence = %s where finding_id = %s", [Jsonb(evidence), FINDING])
    family.publish("lines")
    return family


def test_lines_stand_beside_what_they_are_read_as_and_are_masked(told: Family, officer: Visitor) -> None:
    officer.enter()
    page = officer.get(PAGE).text
    for shown in (
        "机动车",
        "救助家庭",
        "评估价",
        "<bdi>8.5</bdi>",
        "<bdi>85000",
        CAR,
        CASE,
        "截至 2025-06-25",
        "第 3 行",
        "JZ1",
    ):
        assert shown in page, shown
    assert "联系电话" in page, "of each member"
    assert "来源未填：" in page, "what is not sent is said"
    for hidden in ("王一", "赵四", told.numbers[1], told.numbers[4], PHONE, OTHER_PHONE, "6222000011112222"):
        assert hidden not in page, hidden
    assert "&lt;script&gt;" in page, "what a sender wrote is shown as text"
    assert SCRIPT not in page
    assert PAGE in officer.get(f"/findings/{FINDING}").text


def test_names_and_telephones_are_a_reading_of_their_own(
    told: Family, officer: Visitor, connection: psycopg.Connection
) -> None:
    officer.enter()
    officer.get(PAGE)
    page = officer.post(PAGE).text
    for shown in ("王一", told.numbers[1], PHONE):
        assert shown in page, shown
    for hidden in ("赵四", told.numbers[4], OTHER_PHONE):
        assert hidden not in page, "who lives elsewhere, and is of no case here, stays masked"
    assert "6222000011112222" not in page, "of a line that names somebody of elsewhere besides"
    assert "涉及其他行政区划或身份未确定的人" in page
    assert connection.execute(
        "select operation, purpose, operator, resident_ids, request from audit.verification_log"
        " where operation like 'desk_finding_lines%' order by logged_at"
    ).fetchall() == [
        (operation, "review", officer.login, [1, 4], {"finding_id": FINDING})
        for operation in ("desk_finding_lines", "desk_finding_lines_named")
    ]


def test_another_division_sees_no_line_by_page_or_in_sql(
    told: Family, officers: Officers, database: Warehouse, officer: Visitor
) -> None:
    elsewhere = officers.add("王五", ELSEWHERE).enter()
    for address in (PAGE, "/findings/nothing/lines", "/findings/%00/lines"):
        assert elsewhere.get(address).status_code == elsewhere.post(address).status_code == 404
    with database.session() as admin:
        for visitor, refused in ((elsewhere, True), (officer, False)):
            admin.execute(f"set session authorization {visitor.login}".encode())
            for function in ("desk_finding_lines", "desk_finding_lines_named"):
                row = admin.execute(f"select api_v1.{function}(%s, 'review')".encode(), [FINDING]).fetchone()
                assert row is not None
                assert (row[0] is None) == refused
            for forbidden in (
                "select * from raw.vehicle",
                "select * from input.vehicle",
                "select * from ops.line_column",
                "select verification.source_lines('vehicle', '{}', '{}', '{}')",
                f"select verification.finding_lines('x', '{FINDING}', 'review', true)",
                f"select api_v1.desk_finding_lines('{FINDING}', 'curiosity')",
            ):
                admin.execute("savepoint before")
                with pytest.raises(psycopg.Error) as error:
                    admin.execute(forbidden.encode())
                assert error.value.sqlstate in ("42501", "22023"), forbidden
                admin.execute("rollback to before")
            admin.execute("reset session authorization")


def test_what_reads_lines_runs_what_others_made_with_no_right_but_that(
    told: Family, officer: Visitor
) -> None:
    """Whoever lands may put a view in the place of a table: what it calls is neither owner nor officer."""
    told.execute(
        "create schema traps; create table traps.caught (role text); grant all on schema traps to public"
    )
    told.execute("grant all on traps.caught to public")
    told.execute(
        "create function traps.spring() returns text language plpgsql volatile as $$"
        " begin insert into traps.caught values (current_user); return 'K33'; end $$"
    )
    told.execute("alter table raw.vehicle rename to vehicle_kept")
    told.execute(
        "create view raw.vehicle as"
        " select _delivery_id, _line_number, traps.spring() as vehicle_type from raw.vehicle_kept"
    )
    told.execute("grant select on raw.vehicle to line_reader")
    told.connection.commit()
    officer.enter()
    assert "K33" in officer.get(PAGE).text
    assert told.connection.execute("select distinct role from traps.caught").fetchall() == [("line_reader",)]
    told.connection.commit()
    assert told.connection.execute(
        "select count(*) from pg_class where has_table_privilege('line_reader', oid, 'insert, update, delete')"
        " and relnamespace::regnamespace::text in ('ops', 'audit', 'pub', 'raw', 'rules', 'marts')"
    ).fetchone() == (0,)


def test_a_column_nobody_described_and_a_line_that_is_gone_are_not_shown(
    told: Family, officer: Visitor, connection: psycopg.Connection
) -> None:
    connection.execute("delete from ops.line_column where column_name = 'usage'")
    connection.execute("delete from raw.aid_household")
    connection.commit()
    officer.enter()
    for page in (officer.get(PAGE).text, officer.post(PAGE).text):
        assert "此行已不可读取" in page
        assert "不知道可联系谁" in page
    assert "&lt;script&gt;" not in officer.get(PAGE).text
