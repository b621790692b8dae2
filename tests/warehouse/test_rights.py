"""Nobody gets the rights of another: by what definers run, by locks, by plans, by a client's name."""

import logging
import threading
from collections.abc import Callable, Iterator
from itertools import pairwise

import psycopg
import pytest
from hand_made_family import Family, problem

from ingestion.errors import IngestionError
from ingestion.turns import take_turn
from warehouse.database.connection import Warehouse
from warehouse.database.errors import MinzhengError, UsageError
from warehouse.database.migrate import migrate
from warehouse.database.ownership import strangers
from warehouse.publishing.publish import rollback_to

LogIn = Callable[..., psycopg.Connection]


@pytest.fixture
def family(connection: psycopg.Connection) -> Family:
    """Resident 4 lives in another division; all are published."""
    family = Family(connection)
    family.execute("update marts.resident set division_code = '420204' where resident_id = 4")
    family.publish()
    return family


# What runs with the rights of an owner

# A type of transformer's own, whose cast tells who it runs as.
TRAP = """
create table staging.caught (role text);
grant insert on staging.caught to public;
create type staging.trap as (value bigint);
create function staging.spring(trap staging.trap) returns bigint language plpgsql as $$
begin
    insert into staging.caught values (current_user);
    return trap.value;
end $$;
create cast (staging.trap as bigint) with function staging.spring(staging.trap) as implicit;
"""


@pytest.fixture
def trapped(family: Family, log_in: LogIn) -> psycopg.Connection:
    """Transformer owns what is published of residents, and gives its key a type of its own."""
    family.execute("alter table marts.resident owner to transformer")
    family.connection.commit()
    transformer = log_in("transformer")
    transformer.execute("set role transformer")
    transformer.execute(TRAP.encode())
    return transformer


def test_the_trigger_on_a_source_has_the_rights_of_whoever_writes(
    family: Family, trapped: psycopg.Connection
) -> None:
    trapped.execute(
        "alter table marts.resident alter resident_id type staging.trap using row(resident_id)::staging.trap"
    )
    trapped.execute("truncate staging.caught")
    trapped.execute("insert into marts.resident (resident_id) values (row(77))")
    assert trapped.execute("select distinct role from staging.caught").fetchall() == [("transformer",)]
    noted = family.connection.execute(
        "select count(*) from ops.source_news where relation = 'resident'"
    ).fetchone()
    assert noted == (1,), "what is written is noted all the same"


@pytest.mark.parametrize(
    "change",
    [
        "alter table marts.resident alter name type staging.own using name",
        "alter table marts.resident rename to kept; create view marts.resident as select * from marts.kept",
    ],
)
def test_the_publisher_runs_nothing_that_a_builder_made(
    family: Family, trapped: psycopg.Connection, change: str
) -> None:
    trapped.execute("create domain staging.own as text")
    trapped.execute(change.encode())
    with pytest.raises(MinzhengError, match=r"marts\.resident is not made of a plain table"):
        family.publish()


# What whoever lands could put where others read, and how it is named.
STRANGE_INPUTS = {
    "create view raw.trap as select 1": "raw.trap (relkind v)",
    "create table input.trap (value text)": "input.trap (relkind r)",
    "create function raw.trap() returns text return 'x'": "raw.trap() (routine)",
    "create view input.trap as select set_config('role', 'publisher', false)":
        "input.trap calls set_config(text,text,boolean)",
    "create view input.trap as select query_to_xml('select 1', true, true, '')":
        "input.trap calls query_to_xml(text,boolean,boolean,text)",
    "create view input.trap as select table_to_xml('ops.feed', true, true, '')":
        "input.trap calls table_to_xml(regclass,boolean,boolean,text)",
    "create view input.trap as select * from pub.current_release": "input.trap reads view pub.current_release",
    "create table raw.trap (value text default current_user)": "1 of raw.trap (default)",
    "create table raw.trap (value text check (length(value) > 1))": "trap_value_check of raw.trap (check)",
    "create table raw.trap (value text); create index trap_index on raw.trap (upper(value))":
        "raw.trap_index (expression in an index)",
    "create table raw.trap (value text); alter table raw.trap enable row level security":
        "raw.trap (row security)",
    "create table raw.trap (value text); create rule late as on insert to raw.trap do also select 1":
        "late of raw.trap (rule)",
    "create type raw.own as (value text); create table raw.trap (value raw.own)": "raw.trap.value (type raw.own)",
}  # fmt: skip


def test_what_landing_does_not_make_is_named(family: Family, log_in: LogIn) -> None:
    loader = log_in("loader")
    loader.autocommit = False
    asked = "select array(select ops.strange_inputs())"
    assert loader.execute(asked.encode()).fetchone() == ([],)
    for change, name in STRANGE_INPUTS.items():
        loader.execute(change.encode())
        row = loader.execute(asked.encode()).fetchone()
        assert row is not None
        assert name in row[0], (change, row[0])
        loader.rollback()


def test_statistics_are_renewed_of_what_is_served_only(log_in: LogIn, family: Family) -> None:
    publisher = log_in("publisher")
    publisher.execute("select pub.renew_statistics('pub.resident')")
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="not served"):
        publisher.execute("select pub.renew_statistics('marts.resident')")


# A temporary type of the name of a built-in one, whose check tells who it runs as.
TEMPORARY_TRAP = """
create function pg_temp.spring_{name}(value pg_catalog.{name}) returns boolean language plpgsql as $$
begin
    raise notice '{name} as %', current_user;
    return true;
end $$;
create domain pg_temp.{name} as pg_catalog.{name} check (pg_temp.spring_{name}(value))
"""


@pytest.mark.parametrize(
    ("role", "call"),
    [
        ("publisher", "pub.renew_statistics('pub.resident'::pg_catalog.regclass)"),
        ("loader", "api_v1.note_lookup('review_list', 'review', '{}', '{1}')"),
        ("loader", "api_v1.purposes()"),
        ("loader", "pub.source_freshness_today()"),
    ],
)
def test_no_temporary_type_is_met_by_an_owner(family: Family, log_in: LogIn, role: str, call: str) -> None:
    login = log_in(role)
    for name in ("text", "date", "int4", "int8", "jsonb", "bytea", "regnamespace"):
        login.execute(TEMPORARY_TRAP.format(name=name).encode())
    sprung: list[str | None] = []
    login.add_notice_handler(lambda notice: sprung.append(notice.message_primary))
    login.execute(f"select {call}".encode())
    assert sprung == []


def test_no_definer_makes_statements_of_what_is_given_to_it(connection: psycopg.Connection) -> None:
    """New ones are to be looked at: whose names, types and casts does the statement meet?"""
    found = connection.execute(
        "select oid::regprocedure::text from pg_proc where prosecdef and prosrc ~* '\\mexecute\\M'"
        " and pronamespace::regnamespace::text !~ '^pg_'"
    ).fetchall()
    assert {name for (name,) in found} == {
        "pub.renew_statistics(regclass)",  # of its own tables alone
        "pub.watch(text,regclass,text[])",  # makes triggers; runs none
        "verification.source_lines(text,text[],bigint[],text[])",  # as line_reader, who may only read lines
    }


@pytest.mark.parametrize(
    ("shaped", "named"),
    [
        ("alter table ops.division_scope owner to loader", "table ops.division_scope belongs to loader"),
        ("alter function clean.id_number(text) owner to transformer", "function clean.id_number"),
        ("grant trigger on ops.source_news to publisher", "ops.source_news can be shaped by publisher"),
        ("grant create on schema clean to loader", "schema clean can be shaped by loader"),
        ("grant dw_owner to officer", "officer is a member of dw_owner"),
    ],
)
def test_whoever_could_shape_what_an_owner_runs_is_named(
    database: Warehouse, connection: psycopg.Connection, shaped: str, named: str
) -> None:
    assert strangers(connection) == []
    connection.execute(shaped.encode())
    assert any(named in line for line in strangers(connection))
    if "dw_owner" in shaped:  # of the whole server: other tests would meet it
        connection.rollback()
        return
    connection.execute("delete from ops.script")
    connection.commit()
    if "clean to loader" not in shaped and "trigger" not in shaped:  # rights given are taken back by it
        with pytest.raises(UsageError, match="migrate again"):
            migrate(database)


# Turns


def test_readers_cannot_keep_work_waiting(family: Family, log_in: LogIn, database: Warehouse) -> None:
    """Whatever advisory lock they hold; the rows that count they may not lock."""
    analyst = log_in("analyst")
    for name in ("publish", "build", "prepare", "link", "alert", "anchor", "migrate"):
        analyst.execute("select pg_advisory_lock(hashtext(%s))", [f"minzheng.{name}"])
    analyst.execute("select pg_advisory_lock(hashtextextended('R1', 0))")
    family.execute("set lock_timeout = '5s'")
    family.add_resident(5)
    assert family.publish().generation == 2
    assert family.verify()["status"] == "answered"
    with database.connect() as other:
        rollback_to(other, 1)
    migrate(database)
    for role in ("analyst", "officer", "approval_api", "vendor_ops"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            log_in(role).execute("select from ops.turn for update")
    auditor = log_in("auditor")
    take_turn(auditor, "anchor")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        take_turn(auditor, "build")


def test_who_waits_says_for_whom_and_stops(
    database: Warehouse, connection: psycopg.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    with database.exclusive("build"):
        with pytest.raises(
            IngestionError, match=r"Waited 1 seconds for build: dw_admin minzheng build \S+ pid \d+ "
        ):
            take_turn(connection, "build", longest_wait_seconds=1)
        connection.rollback()
        take_turn(connection, "publish")  # another turn is free
    assert "Waiting for build: dw_admin minzheng build" in caplog.text
    assert caplog.records[0].levelno == logging.WARNING
    take_turn(connection, "build")  # free again, and nothing of the wait is left
    assert connection.execute("show lock_timeout").fetchone() == ("0",)


def test_a_turn_ends_with_its_holder(database: Warehouse, connection: psycopg.Connection) -> None:
    holder = psycopg.connect(database.address)
    take_turn(holder, "build")
    waiting = threading.Thread(target=take_turn, args=[connection, "build"])
    waiting.start()
    holder.close()
    waiting.join(20)
    assert not waiting.is_alive()


# What a plan tells


def plan(login: psycopg.Connection, query: str) -> str:
    return "\n".join(
        row[0]
        for row in login.execute(
            f"explain (analyze, costs, timing off, summary off) {query}".encode()
        ).fetchall()
    )


@pytest.mark.parametrize(
    ("view", "column", "shown", "hidden", "nowhere"),
    [
        ("person", "resident_id", "1", "4", "99"),
        ("finding", "subject_resident_id", "1", "4", "99"),
        ("benefit_month", "case_no", "'DB1'", "'DB4'", "'DB9'"),
        ("household_history", "resident_id", "1", "4", "99"),
        ("household_history", "household_no", "'H1'", "'H4'", "'H9'"),
        ("income_history", "resident_id", "1", "4", "99"),
    ],
)
def test_a_plan_tells_nothing_of_rows_that_are_not_shown(
    family: Family, log_in: LogIn, view: str, column: str, shown: str, hidden: str, nowhere: str
) -> None:
    """Row counts, rows removed and estimates are those of a value that is nowhere."""
    for resident_id, division in ((1, "420203"), (4, "420204")):
        for number in range(40):  # common enough to be among the statistics
            family.add(
                "finding", finding_id=f"f{resident_id}-{number}", rule_code="A01", outcome="hit", severity="red",
                subject_resident_id=resident_id, division_code=division,
            )  # fmt: skip
            family.add(
                "benefit_month", case_no=f"DB{resident_id}", benefit_code="DB", division_code=division,
                benefit_month=f"{1980 + number}-01-01",
            )  # fmt: skip
            family.add(
                "registered_household_member", household_no=f"H{resident_id}", resident_id=resident_id,
                relation_code="01", valid_from=f"{1980 + number}-01-01",
            )  # fmt: skip
        family.add_income(resident_id, "subsidy", 100, 70 + resident_id)
    family.publish()
    family.execute(
        "analyze pub.resident, pub.finding, pub.benefit_month, pub.registered_household_member, pub.income_item"
    )
    family.connection.commit()
    analyst = log_in("analyst", "420203")
    plans = {
        value: plan(analyst, f"select * from analytics.{view} where {column} = {value}").replace(
            f"= {value}", "= ?"
        )
        for value in (shown, hidden, nowhere)
    }
    assert plans[hidden] == plans[nowhere]
    assert plans[shown] != plans[nowhere]


# Clients


@pytest.fixture
def speaking(family: Family) -> Callable[[psycopg.Connection], Family]:
    def as_login(connection: psycopg.Connection) -> Family:
        other = object.__new__(Family)
        other.connection, other.numbers = connection, family.numbers
        return other

    return as_login


def test_a_login_cannot_name_its_own_client(
    family: Family, log_in: LogIn, speaking: Callable[[psycopg.Connection], Family]
) -> None:
    login = log_in("approval_api")
    name = login.execute("select session_user::text").fetchone()
    login.execute("set minzheng.client = 'another'")
    for attempt in (
        lambda: speaking(login).verify(),
        lambda: speaking(login).call("submit_batch", [family.request()]),
        lambda: speaking(login).call("get_report", "HD", "review"),
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="may not ask for a client"):
            attempt()
    assert login.execute("select api_v1.advance_batches()").fetchone() == (False,)
    family.execute("insert into ops.client_door values (%s)", name)
    family.connection.commit()
    assert speaking(login).verify()["status"] == "answered"
    assert family.log("client, caller") == [("another", *name)]  # type: ignore[misc]


def test_reports_and_numbers_of_requests_are_those_of_the_login_that_asks_itself(
    log_in: LogIn, speaking: Callable[[psycopg.Connection], Family]
) -> None:
    one, other = (speaking(log_in("approval_api")) for _ in range(2))
    mine, batch = one.verify(), one.call("submit_batch", [one.request("B1")])["batch_id"]
    assert problem(other.call("get_report", mine["report_no"], "review")) == ("report_unknown", 404)
    assert problem(other.call("batch", batch)) == ("batch_unknown", 404)
    assert other.call("advance_batch", batch) is False
    assert other.verify()["report_no"] != mine["report_no"]
    assert one.call("get_report", mine["report_no"], "review") == mine


def test_numbers_of_reports_count_nothing(family: Family) -> None:
    numbers = [family.verify(f"R{number}")["report_no"] for number in range(4)]
    day = numbers[0][:11]
    parts = [number.removeprefix(day).split("-") for number in numbers]
    assert all(len(readable) == 8 and len(rest) == 12 for readable, rest in parts)
    drawn = [int(readable, 16) for readable, _ in parts]
    assert len({later - earlier for earlier, later in pairwise(drawn)}) > 1


@pytest.mark.parametrize("purpose", [None, "curiosity"])
def test_a_report_is_not_read_without_a_purpose_of_the_list(family: Family, purpose: str | None) -> None:
    report_no = family.verify()["report_no"]
    assert problem(family.call("get_report", report_no, purpose)) == ("purpose_unknown", 403)
    assert family.log("operation, outcome, purpose")[1:] == [("get_report", "refused", purpose)]


@pytest.fixture
def door(family: Family, database: Warehouse) -> Iterator[Family]:
    with database.connect() as connection:
        connection.autocommit = True
        connection.execute("set session authorization approval_api")
        door = object.__new__(Family)
        door.connection, door.numbers = connection, family.numbers
        yield door


def test_clients_take_turns_whatever_they_send(family: Family, door: Family) -> None:
    """One sends a long batch and many short ones; the other's are done by every second request."""
    sent = {"long": [7, 1, 1, 1], "short": [2, 1]}
    for client, sizes in sent.items():
        door.connection.execute("select set_config('minzheng.client', %s, false)", [client])
        for place, size in enumerate(sizes):
            door.call("submit_batch", [family.request(f"{place}-{number}") for number in range(size)])
    door.connection.execute("reset minzheng.client")
    while door.call("advance_batches"):
        pass
    asked = [client for (client,) in family.log("client")]
    assert asked[:6] == ["long", "short"] * 3
    assert asked[6:] == ["long"] * 7
    assert family.connection.execute(
        "select count(*) from audit.batch where finished_at is null"
    ).fetchone() == (0,)
