"""Publishing writes what changed, readers see one whole generation, rollback moves the pointer."""

import io
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import psycopg
import pytest
from hand_made_marts import DAY, Marts, columns, rows_at
from seeds import seeds

from cli.console import PlainConsole
from cli.report import print_status
from warehouse.database.connection import Warehouse
from warehouse.database.errors import MinzhengError, UsageError
from warehouse.publishing import publish as publishing
from warehouse.publishing import served as serving
from warehouse.publishing.publish import current_generation, next_generation, publish, rollback_to
from warehouse.publishing.served import PUBLISHED, SPAN_COLUMNS, Published, ServedColumn

# A planted number: must stand in no message.
MARKER = "420203196001019999"


@pytest.fixture
def marts(connection: psycopg.Connection) -> Marts:
    return Marts(connection)


def served(marts: Marts, table: str, shown: str) -> list[tuple]:
    return marts.connection.execute(f"select {shown} from pub.current_{table} order by 1".encode()).fetchall()


# What is written


def test_the_first_publication_serves_every_row(marts: Marts) -> None:
    marts.add_resident(1)
    marts.add_resident(2)
    marts.add("coverage", rule_code="A01", division_code=None, assessed=2, hits=1, not_assessable=0)

    publication = marts.publish()

    assert (publication.generation, publication.inserted, publication.closed) == (1, 3, 0)
    assert publication.is_new
    assert served(marts, "resident", "resident_id, name") == [(1, "居民1"), (2, "居民2")]
    assert served(marts, "coverage", "rule_code, hits") == [("A01", 1)]


def test_a_second_publication_of_the_same_rows_changes_nothing(marts: Marts) -> None:
    marts.add_resident(1)
    marts.publish()
    # Neither the digest nor the way the session shows dates makes a row new.
    marts.execute("set datestyle = 'German, DMY'")
    marts.execute("set timezone = 'UTC'")

    again = marts.publish("another digest")

    assert (again.generation, again.inserted, again.closed, again.is_new) == (1, 0, 0, False)
    assert marts.connection.execute("select generation from ops.generation").fetchall() == [(1,)]


def test_nothing_at_all_is_a_first_generation_too(marts: Marts) -> None:
    assert current_generation(marts.connection) is None
    assert marts.publish().generation == 1
    assert marts.publish().is_new is False


def test_only_changed_rows_are_written(marts: Marts) -> None:
    for resident_id in range(1, 101):
        marts.add_resident(resident_id)
    marts.publish()
    unchanged = (
        "select row_key, xmin, ctid from pub.resident where resident_id > 3 and resident_id <= 100 order by 1"
    )
    before = marts.connection.execute(unchanged.encode()).fetchall()

    marts.execute("update marts.resident set died_on = '2025-06-01' where resident_id = 1")
    marts.execute("delete from marts.resident where resident_id in (2, 3)")
    marts.add_resident(101)
    publication = marts.publish()

    assert (publication.generation, publication.inserted, publication.closed) == (2, 2, 3)
    assert marts.connection.execute(unchanged.encode()).fetchall() == before
    assert marts.connection.execute("select count(*) from pub.resident").fetchone() == (102,)
    counts = marts.connection.execute(
        "select inserted_count, closed_count, business_date from ops.generation where generation = 2"
    ).fetchone()
    assert counts == (2, 3, DAY)


def test_only_tables_with_news_are_staged(marts: Marts) -> None:
    marts.add_resident(1)
    marts.publish()
    marts.add_resident(2)

    publish(marts.connection, DAY, "digest")  # its temporary tables go with the transaction

    made = marts.connection.execute(
        "select relname from pg_class where relnamespace = pg_my_temp_schema() and relkind = 'r' order by 1"
    ).fetchall()
    assert made == [("publish_change",), ("publish_resident",), ("publish_touched",)]


def test_every_generation_can_be_asked_again(marts: Marts) -> None:
    marts.add("source_freshness", feed="payment", days_old=0)
    marts.publish()
    marts.execute("update marts.source_freshness set days_old = 1")
    marts.publish()
    marts.execute("delete from marts.source_freshness")
    marts.publish()
    marts.add("source_freshness", feed="payment", days_old=1)
    marts.publish()

    history = [rows_at(marts.connection, "source_freshness", g, "days_old") for g in (1, 2, 3, 4)]

    assert history == [[(0,)], [(1,)], [], [(1,)]]


def test_unresolved_people_who_share_a_key_are_all_served(marts: Marts) -> None:
    member = {
        "case_no": "JZ1",
        "benefit_code": "DB",
        "benefit_month": date(2025, 6, 1),
        "household_paid_yuan": 500,
    }
    for _ in range(2):
        marts.add("benefit_month_person", resident_id=None, **member)
    marts.add("benefit_month_person", resident_id=7, **member)
    assert marts.publish().inserted == 3
    assert marts.publish().is_new is False

    marts.execute("delete from marts.benefit_month_person where ctid = '(0,1)'")
    publication = marts.publish()

    assert (publication.inserted, publication.closed) == (0, 1)
    assert served(marts, "benefit_month_person", "resident_id") == [(7,), (None,)]


def test_the_next_number_is_known_before_the_build(marts: Marts) -> None:
    assert next_generation(marts.connection) == 1
    assert marts.publish().generation == 1
    assert next_generation(marts.connection) == 2


# Rollback


def set_content(marts: Marts, content: dict[str, int]) -> None:
    marts.execute("truncate marts.source_freshness")
    for feed, days_old in content.items():
        marts.add("source_freshness", feed=feed, days_old=days_old)


def content_at(marts: Marts, generation: int) -> dict[str, int]:
    return dict(rows_at(marts.connection, "source_freshness", generation, "feed days_old"))


def rolled_back(marts: Marts) -> list[str]:
    """What ``minzheng status`` says of who moved the pointer."""
    console = PlainConsole(width=160, record=True, file=io.StringIO())
    print_status(console, marts.connection)
    lines = console.export_text().splitlines()
    return [line.split(maxsplit=5)[-1] for line in lines if line.startswith("回退 rolled back: ")]


def test_rollback_serves_the_earlier_generation_and_the_next_number_is_fresh(marts: Marts) -> None:
    contents = {1: {"stays": 0, "changes": 0, "vanishes": 0}, 2: {"stays": 0, "changes": 1}, 3: {"new": 3}}
    for content in contents.values():
        set_content(marts, content)
        marts.publish()

    rollback_to(marts.connection, 1, "张")
    assert dict(served(marts, "source_freshness", "feed, days_old")) == contents[1]
    assert rolled_back(marts) == [f"张（登录 {marts.connection.info.user}）"]

    contents[4] = {"stays": 0, "changes": 4, "vanishes": 0}
    set_content(marts, contents[4])
    publication = marts.publish()

    # 'stays' and 'vanishes' were closed in between: opened anew, not stretched over 2 and 3.
    assert (publication.generation, publication.inserted, publication.closed) == (4, 3, 1)
    assert rolled_back(marts) == []
    assert {g: content_at(marts, g) for g in contents} == contents
    assert dict(served(marts, "source_freshness", "feed, days_old")) == contents[4]


def test_after_a_rollback_the_rows_at_the_pointer_decide_whether_anything_changed(marts: Marts) -> None:
    first, second = {"payment": 1}, {"payment": 2}
    for content in (first, second):
        set_content(marts, content)
        marts.publish()
    rollback_to(marts.connection, 1)

    set_content(marts, first)
    assert marts.publish() == publishing.Publication(1, 0, 0, is_new=False)

    # What readers see changes, though the newest rows need no writing.
    set_content(marts, second)
    assert marts.publish() == publishing.Publication(3, 0, 0, is_new=True)
    assert content_at(marts, 3) == second


def test_one_may_roll_forward_again(marts: Marts) -> None:
    for days_old in (1, 2):
        set_content(marts, {"payment": days_old})
        marts.publish()
    rollback_to(marts.connection, 1)
    rollback_to(marts.connection, 2)
    assert served(marts, "source_freshness", "days_old") == [(2,)]
    assert marts.publish().is_new is False


@pytest.mark.parametrize("seed", seeds(0, 4))
def test_any_sequence_of_changes_and_rollbacks_keeps_every_generation(marts: Marts, seed: int) -> None:
    choose = random.Random(seed)
    contents: dict[int, dict[str, int]] = {}
    pointer = 0
    for _ in range(25):
        if contents and choose.random() < 0.3:
            pointer = choose.choice(list(contents))
            rollback_to(marts.connection, pointer)
        else:
            content = {feed: choose.randrange(2) for feed in "abc" if choose.random() < 0.7}
            set_content(marts, content)
            publication = marts.publish()
            assert publication.is_new == (contents.get(pointer) != content)
            if publication.is_new:
                assert publication.generation == max(contents, default=0) + 1
                contents[publication.generation] = content
            pointer = publication.generation
        assert current_generation(marts.connection) == pointer
        assert dict(served(marts, "source_freshness", "feed, days_old")) == contents[pointer]
        assert {g: content_at(marts, g) for g in contents} == contents


def test_rollback_to_an_unknown_generation_is_refused(marts: Marts) -> None:
    marts.publish()
    with pytest.raises(UsageError, match="Generation 7 was never published"):
        rollback_to(marts.connection, 7)
    assert current_generation(marts.connection) == 1


# Failures leave the former generation


def assert_still_first_generation(marts: Marts) -> None:
    assert current_generation(marts.connection) == 1
    assert served(marts, "resident", "resident_id") == [(1,)]
    assert marts.connection.execute("select count(*) from pub.resident").fetchone() == (1,)


def test_a_broken_grain_is_named_without_values(marts: Marts) -> None:
    marts.add_resident(1)
    marts.publish()
    for _ in range(2):
        marts.add("disability_card", card_no=f"{MARKER}44")
    marts.connection.commit()

    with pytest.raises(
        MinzhengError, match=r"marts\.disability_card have the same key \(card_no\)"
    ) as failure:
        marts.publish()

    assert MARKER not in str(failure.value)
    assert failure.value.__suppress_context__
    assert_still_first_generation(marts)


def test_a_value_that_does_not_fit_is_named_without_values(marts: Marts) -> None:
    marts.add_resident(1)
    marts.publish()
    marts.execute("alter table marts.resident alter column died_on type text")
    marts.execute("update marts.resident set died_on = %s", [MARKER])
    marts.connection.commit()

    with pytest.raises(MinzhengError, match=r"stopped at pub\.resident \(SQLSTATE 22") as failure:
        marts.publish()

    assert MARKER not in str(failure.value)
    assert_still_first_generation(marts)


def test_a_missing_column_or_source_is_named(marts: Marts) -> None:
    marts.add_resident(1)
    marts.publish()
    marts.execute("alter table marts.resident drop column name, drop column born_on")
    marts.connection.commit()
    with pytest.raises(MinzhengError, match=r"lacks columns that pub\.resident serves: born_on, name"):
        marts.publish()

    marts.execute("drop table rules.finding")
    marts.connection.commit()
    with pytest.raises(MinzhengError, match=r"rules\.finding does not exist"):
        marts.publish()
    assert_still_first_generation(marts)


def test_dying_before_the_pointer_moves_publishes_nothing(
    marts: Marts, monkeypatch: pytest.MonkeyPatch
) -> None:
    marts.add_resident(1)
    marts.publish()
    marts.add_resident(2)
    marts.connection.commit()

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(publishing, "_move_pointer", die)
        with pytest.raises(KeyboardInterrupt):
            marts.publish()

    assert_still_first_generation(marts)
    assert marts.publish().generation == 2


PUBLISHER = """
import sys
from datetime import date
from cli.console import PlainConsole
from cli.report import print_status
from warehouse.database.connection import Warehouse
from warehouse.publishing.publish import publish
with Warehouse(sys.argv[1]).connect() as connection:
    publish(connection, date(2025, 6, 30), "digest")
"""


@pytest.mark.parametrize(
    "step",
    [
        pytest.param("lock table marts.resident in row exclusive mode", id="before the comparison"),
        pytest.param("lock table pub.resident in share mode", id="while writing"),
        pytest.param("select from pub.current_generation for update", id="before the pointer moves"),
    ],
)
def test_a_publisher_killed_at_a_step_publishes_nothing_and_the_next_one_does(
    database: Warehouse, marts: Marts, step: str
) -> None:
    marts.add_resident(1)
    marts.publish()
    marts.execute("create table public.kept as table marts.resident")
    marts.execute(
        "drop table marts.resident; alter table public.kept set schema marts; alter table marts.kept rename to resident"
    )
    marts.add_resident(2)
    marts.connection.commit()
    waiting = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"

    with database.connect() as obstacle, database.connect() as observer:
        obstacle.execute(step.encode())
        observer.autocommit = True
        process = subprocess.Popen([sys.executable, "-c", PUBLISHER, database.address])
        while observer.execute(waiting.encode()).fetchone() == (0,):
            assert process.poll() is None
            time.sleep(0.05)
        process.kill()
        assert process.wait() != 0

    while marts.connection.execute(
        "select count(*) from pg_locks inner join pg_database as here on here.oid = database"
        " where relation = 'ops.turn'::regclass and datname = current_database() and pid <> pg_backend_pid()"
    ).fetchone() != (0,):
        time.sleep(0.05)  # until the server has noticed
    assert_still_first_generation(marts)
    marts.connection.commit()
    assert (marts.publish().generation, marts.publish().is_new) == (2, False)
    assert served(marts, "resident", "resident_id") == [(1,), (2,)]


# Readers and writers at once

STATEMENT = """
    select
        (select array_agg(distinct monthly_amount_yuan) from {}),
        (select array_agg(distinct income_yuan) from {})
"""


def torn_reads(
    database: Warehouse, tables: tuple[str, str], write: Callable[[int], None], rounds: int
) -> tuple[int, int]:
    """Let readers compare two tables that always change together: (torn or empty reads, all reads)."""
    torn, reads = [0, 0], [0, 0]
    done = threading.Event()

    def read(reader: int) -> None:
        with database.connect() as connection:
            connection.autocommit = True
            while not done.is_set():
                row = connection.execute(STATEMENT.format(*tables).encode()).fetchone()
                assert row is not None
                reads[reader] += 1
                torn[reader] += not (row[0] == row[1] and row[0] and len(row[0]) == 1)

    readers = [threading.Thread(target=read, args=[number]) for number in range(2)]
    for reader in readers:
        reader.start()
    try:
        for number in range(rounds):
            write(number)
    finally:
        done.set()
        for reader in readers:
            reader.join()
    return sum(torn), sum(reads)


def test_readers_never_see_half_a_generation(database: Warehouse, marts: Marts) -> None:
    for number in range(30):
        marts.add("aid_household", aid_household_no=f"JZ{number}", monthly_amount_yuan=0)
        marts.add("household_means", household_kind="aid", household_no=f"JZ{number}", income_yuan=0)
    marts.publish()

    def publish_next(number: int) -> None:
        marts.execute("update marts.aid_household set monthly_amount_yuan = %s", [number + 1])
        marts.execute("update marts.household_means set income_yuan = %s", [number + 1])
        marts.publish()

    torn, reads = torn_reads(
        database, ("pub.current_aid_household", "pub.current_household_means"), publish_next, 20
    )

    assert current_generation(marts.connection) == 21
    assert torn == 0
    assert reads > 20


def test_the_race_is_real_replacing_tables_one_by_one_tears(database: Warehouse, marts: Marts) -> None:
    """The control: the same readers catch the naive way, so the test above can fail."""
    for number in range(30):
        marts.add("aid_household", aid_household_no=f"JZ{number}", monthly_amount_yuan=0)
        marts.add("household_means", household_kind="aid", household_no=f"JZ{number}", income_yuan=0)
    marts.connection.commit()

    def replace(number: int) -> None:
        for table, key, column in (
            ("aid_household", "aid_household_no", "monthly_amount_yuan"),
            ("household_means", "household_no", "income_yuan"),
        ):
            marts.execute(f"delete from marts.{table}")
            for household in range(30):
                marts.add(table, **{key: f"JZ{household}", column: number + 1})
            marts.connection.commit()

    torn, _ = torn_reads(database, ("marts.aid_household", "marts.household_means"), replace, 60)

    assert torn > 0


def test_a_repeatable_reader_keeps_its_generation(database: Warehouse, marts: Marts) -> None:
    marts.add_resident(1)
    marts.publish()
    with database.connect() as reader:
        reader.execute("set transaction isolation level repeatable read")
        assert reader.execute("select count(*) from pub.current_resident").fetchone() == (1,)
        marts.add_resident(2)
        marts.publish()
        assert reader.execute("select count(*) from pub.current_resident").fetchone() == (1,)
        assert reader.execute("select generation from pub.current_generation").fetchone() == (1,)


def test_two_publishers_take_turns(database: Warehouse, marts: Marts) -> None:
    marts.add_resident(1)
    marts.connection.commit()
    results: list[publishing.Publication] = []

    def run() -> None:
        with database.connect() as connection:
            results.append(publish(connection, DAY, "digest"))

    threads = [threading.Thread(target=run) for _ in range(2)]
    with marts.connection.transaction():
        publishing.take_turn(marts.connection)
        for thread in threads:
            thread.start()
        time.sleep(0.2)
        assert results == []  # both wait for the holder
    for thread in threads:
        thread.join()

    assert sorted((result.generation, result.is_new) for result in results) == [(1, False), (1, True)]


# Contracts


def test_served_columns_are_those_that_marts_and_seeds_describe(connection: psycopg.Connection) -> None:
    for published in PUBLISHED:
        described = {column.name: column.type.replace(" ", "") for column in published.columns}
        kinds = columns(connection, f"pub.{published.name}")
        served = {name: kind.replace(" ", "") for name, kind in kinds.items() if name not in SPAN_COLUMNS}
        assert served == described, published.name


def test_a_table_and_a_column_that_are_served_anew_come_with_migrating(
    connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = ServedColumn("weather", "text", "天气")
    cremation = next(published for published in PUBLISHED if published.name == "cremation")
    longer = replace(cremation, columns=(*cremation.columns, more))
    new = Published(
        "sky", "marts.sky", ("sky_no",), title="天空", columns=(ServedColumn("sky_no", "text", "号"),)
    )
    monkeypatch.setattr(serving, "PUBLISHED", (longer, new))
    for _ in range(2):  # once more changes nothing
        serving.ensure(connection.cursor())
    for name, wanted in (("cremation", more), ("sky", new.columns[0])):
        assert columns(connection, f"pub.{name}")[wanted.name] == wanted.type
        told = connection.execute(
            "select col_description(attrelid, attnum) from pg_attribute"
            " where attrelid = %s::regclass and attname = %s",
            [f"pub.{name}", wanted.name],
        ).fetchone()
        assert told == (wanted.title,)
    assert set(columns(connection, "pub.sky")) == {*SPAN_COLUMNS, "sky_no"}


def test_every_pub_table_is_published(connection: psycopg.Connection) -> None:
    rows = connection.execute(
        "select relname from pg_class join pg_attribute on attrelid = pg_class.oid"
        " where relnamespace = 'pub'::regnamespace and relkind = 'r' and attname = 'from_generation'"
    ).fetchall()
    assert sorted(name for (name,) in rows) == sorted(published.name for published in PUBLISHED)


def test_key_columns_are_served(connection: psycopg.Connection) -> None:
    for published in PUBLISHED:
        assert set(published.key) <= set(columns(connection, f"pub.{published.name}")), published.name
