"""来源行对照: the lines behind a finding, masked until somebody asks for names, and of one's own divisions alone."""

import io

import openpyxl
import psycopg
import pytest
from at_the_desk import ELSEWHERE, SCRIPT, Officers, Visitor
from hand_made_family import Family
from landed_lines import CAR, CASE, FINDING, OTHER_PHONE, PHONE
from psycopg import sql

from serving.desk.people import People
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


def test_lines_are_not_read_past_what_landing_does_not_make(told: Family, officer: Visitor) -> None:
    """Whoever lands may put a view in the place of a table: it is not opened, and the page says why."""
    told.execute("alter table raw.vehicle rename to vehicle_kept")
    told.execute("create view raw.vehicle as select * from raw.vehicle_kept")
    told.execute("grant select on raw.vehicle to line_reader")
    told.connection.commit()
    officer.enter()
    answer = officer.get(PAGE)
    assert (answer.status_code, "K33" in answer.text) == (400, False)
    assert "raw.vehicle (relkind v)" in answer.text


# What a function met while lines are read does beside reading: what would happen at the end of the transaction, as
# the officer, and what would stay in the session. The lock, which nothing undoes, tells that it ran.
SPRING = """
create schema traps;
grant all on schema traps to public;
create table traps.caught (role text);
create table traps.fired (role text);
grant all on traps.caught, traps.fired to public;
create function traps.fire() returns trigger language plpgsql as $$
begin insert into traps.fired values (current_user); return new; end $$;
create constraint trigger late after insert on traps.caught deferrable initially deferred
for each row execute function traps.fire();
create function clean.spring() returns text language plpgsql volatile as $$
begin
    insert into traps.caught values (current_user);
    perform set_config('search_path', 'traps', false);
    execute 'declare kept cursor with hold for select traps.late_reading()';
    perform pg_advisory_lock(77);
    return current_user;
end $$;
create function traps.late_reading() returns text language plpgsql as $$
begin insert into traps.fired values (current_user); return ''; end $$;
alter view input.vehicle rename to vehicle_kept;
create view input.vehicle as select *, clean.spring() as usage_2 from input.vehicle_kept;
grant select on input.vehicle to line_reader;
"""


def test_what_reading_lines_does_besides_is_undone(
    told: Family, officer: Visitor, database: Warehouse
) -> None:
    """A trap that no check knows runs as who may only read, and nothing of it is left for the officer to run."""
    told.execute(SPRING)
    told.connection.commit()
    officer.enter()
    with database.session() as admin:
        admin.execute(f"set session authorization {officer.login}".encode())
        before = admin.execute("show search_path").fetchone()
        admin.execute("select api_v1.desk_finding_lines_named(%s, 'review')", [FINDING])
        admin.commit()
        ran = admin.execute("select from pg_locks where locktype = 'advisory' and objid = 77").fetchall()
        assert len(ran) == 1
        assert admin.execute("show search_path").fetchone() == before
        assert (
            admin.execute("select * from traps.fired union all select * from traps.caught").fetchall() == []
        )
        assert admin.execute("select name from pg_cursors where name = 'kept'").fetchall() == []
    assert told.connection.execute(
        "select count(*) from pg_class where has_table_privilege('line_reader', oid, 'insert, update, delete')"
        " and relnamespace::regnamespace::text in ('ops', 'audit', 'pub', 'raw', 'rules', 'marts')"
    ).fetchone() == (0,)


def test_a_session_is_taken_as_new(told: Family, officer: Visitor, database: Warehouse) -> None:
    """What somebody's work left in a session of the desk is gone when the person's next page takes it."""
    people = People(lambda: database, 2)
    password = "known to this test"
    with database.session() as admin:
        admin.execute(
            sql.SQL("alter role {} password {}").format(sql.Identifier(officer.login), sql.Literal(password))
        )
    with people.connection(officer.login, password) as first:
        process = first.info.backend_pid
        first.execute("set search_path = pg_temp; set synchronous_commit = off; prepare kept as select 1")
        first.execute("select pg_advisory_lock(78)")
    with people.connection(officer.login, password) as again:
        assert again.info.backend_pid == process
        assert again.execute("show search_path").fetchone() == ("pg_catalog, pg_temp",)
        assert again.execute("select count(*) from pg_prepared_statements").fetchone() == (0,)
        assert again.execute(
            "select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()"
        ).fetchone() == (0,)
    people.tidy(0)


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
