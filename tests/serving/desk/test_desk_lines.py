"""来源行对照: the lines behind a finding, masked until somebody asks for names, and of one's own divisions alone."""

import io

import openpyxl
import psycopg
import pytest
from at_the_desk import ELSEWHERE, SCRIPT, Officers, Visitor
from hand_made_family import Family
from landed_lines import CAR, CASE, FINDING, OTHER_PHONE, PHONE

from warehouse.database.connection import Warehouse

PAGE = f"/findings/{FINDING}/lines"


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
        "<bdi>DB</bdi>",
        "<bdi>最低生活保障</bdi>",
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


def test_the_work_list_has_whom_to_call_once_somebody_asks_for_it(
    told: Family, officer: Visitor, connection: psycopg.Connection
) -> None:
    """Each finding of it is a reading of its own; the masked list has no telephone and no such column to see."""
    officer.enter()
    contacts = {}
    for answer in (officer.get("/findings/list.xlsx"), officer.post("/findings/list.xlsx?severity=red")):
        sheet = openpyxl.load_workbook(io.BytesIO(answer.content))["疑点清单"]
        titles = [cell.value for cell in sheet[1]]
        place = titles.index("联系人与电话")
        is_hidden = sheet.column_dimensions[sheet.cell(1, place + 1).column_letter].hidden
        contacts[is_hidden] = {row[1]: row[place] for row in sheet.iter_rows(min_row=2, values_only=True)}
        assert "JZ1" in next(sheet.iter_rows(min_row=2, values_only=True)), "the number of the case"
    assert set(contacts[True].values()) == {None}
    assert contacts[False] == {FINDING: f"王一（本人）{PHONE}"}, "not who lives elsewhere"
    assert connection.execute(
        "select resident_ids, request from audit.verification_log where operation = 'desk_finding_lines_named'"
    ).fetchall() == [([1, 4], {"finding_id": FINDING})]
