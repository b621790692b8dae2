"""No change goes unpublished, whichever way it came about, though only what has news is compared."""

import random
import threading
import time
from collections.abc import Callable
from datetime import date

import psycopg
import pytest
from fingerprints import served_otherwise
from hand_made_marts import DAY, Marts
from seeds import seeds

from warehouse.database.connection import Warehouse
from warehouse.publishing.publish import publish, rollback_to
from warehouse.publishing.served import PUBLISHED, Published
from warehouse.publishing.watch import forget, is_watched

BY_NAME = {published.name: published for published in PUBLISHED}
RESIDENT, PERSONS = BY_NAME["resident"], BY_NAME["benefit_month_person"]


@pytest.fixture
def marts(connection: psycopg.Connection) -> Marts:
    """Two sources published once, and so watched: one row a key, and several."""
    marts = Marts(connection)
    for number in range(1, 9):
        marts.add_resident(number)
        add_person(marts, number // 2, number)
    marts.publish()
    return marts


def add_person(marts: Marts, case: int, resident_id: int | None) -> None:
    marts.add(
        "benefit_month_person",
        case_no=f"JZ{case}",
        benefit_code="DB",
        benefit_month=date(2025, 6, 1),
        resident_id=resident_id,
        household_paid_yuan=resident_id,
    )


def make_anew(marts: Marts, source: str) -> None:
    """As dbt rebuilds a table."""
    marts.execute(f"create table {source}_new (like {source} including all)")
    marts.execute(f"insert into {source}_new select * from {source}")
    marts.execute(f"drop table {source}")
    marts.execute(f"alter table {source}_new rename to {source.split('.')[1]}")


def watched(marts: Marts, published: Published = RESIDENT) -> bool:
    return is_watched(marts.connection, published.name, published.source, published.key)


# Random days, published both ways


class Days:
    """What may happen to the sources between two publications, at random."""

    def __init__(self, marts: Marts, seed: int) -> None:
        self.marts, self.choose = marts, random.Random(seed)

    def happen(self) -> None:
        self.choose.choice(
            [self.add, self.change, self.change_key, self.remove, self.replace, self.truncate, self.build_anew,
             self.break_off]
        )()  # fmt: skip

    def number(self) -> int:
        return self.choose.randrange(1, 13)

    def add(self) -> None:
        number = self.number()
        self.marts.execute("delete from marts.resident where resident_id = %s", [number])
        self.marts.add_resident(number, name=f"新{self.choose.randrange(3)}")
        add_person(self.marts, number // 2, self.choose.choice([None, number]))

    def change(self) -> None:
        self.marts.execute(
            "update marts.resident set name = name || 'x' where resident_id %% 5 = %s", [self.number() % 5]
        )
        self.marts.execute(
            "update marts.benefit_month_person set household_paid_yuan = %s where ctid = '(0,1)'",
            [self.number()],
        )

    def change_key(self) -> None:
        number = self.number()
        self.marts.execute(
            "update marts.resident set resident_id = -resident_id where resident_id = %s", [number]
        )
        self.marts.execute(
            "update marts.benefit_month_person set case_no = 'JZ' || %s where resident_id = %s",
            [self.number(), number],
        )

    def remove(self) -> None:
        self.marts.execute("delete from marts.resident where resident_id = %s", [self.number()])
        self.marts.execute(
            "delete from marts.benefit_month_person where resident_id is null or resident_id = %s",
            [self.number()],
        )

    def replace(self) -> None:
        """Written once more as it was, as a mart that follows the news does with a neighbour."""
        self.marts.execute(
            "with gone as (delete from marts.resident where resident_id < 5 returning *)"
            " insert into marts.resident select * from gone"
        )

    def truncate(self) -> None:
        self.marts.execute("truncate marts.resident")
        for number in range(1, 5):
            self.marts.add_resident(number, name=f"再{self.choose.randrange(3)}")

    def build_anew(self) -> None:
        for published in (RESIDENT, PERSONS):
            make_anew(self.marts, published.source)
        self.change()

    def break_off(self) -> None:
        """A run that broke off wrote nothing, and its news are gone with it."""
        with self.marts.connection.transaction(force_rollback=True):
            self.change()
            self.remove()


@pytest.mark.parametrize("seed", seeds(0, 3))
def test_what_is_served_is_the_source_after_any_days(marts: Marts, seed: int) -> None:
    days, generations = Days(marts, seed), [1]
    by_news = 0
    for _ in range(25):
        for _ in range(days.choose.randrange(4)):  # also of builds whose gate was closed
            days.happen()
            marts.connection.commit()
        if days.choose.random() < 0.2:
            rollback_to(marts.connection, days.choose.choice(generations))
        by_news += watched(marts)
        publication = marts.publish()
        generations.append(publication.generation)
        assert served_otherwise(marts.connection, [RESIDENT, PERSONS]) == {}
        forget(marts.connection)
        again = publish(marts.connection, DAY, "digest")
        assert (again.generation, again.is_new) == (publication.generation, False)
        marts.connection.rollback()  # watched as the last publication left it
    assert 0 < by_news < 25


# Only what has news is compared: the tests above can fail


def test_without_its_news_a_change_is_found_by_comparing_all(marts: Marts) -> None:
    marts.execute("update marts.resident set name = '改' where resident_id = 1")
    marts.execute("delete from ops.source_news")
    assert marts.publish().is_new is False
    assert served_otherwise(marts.connection) == {"resident": 2}
    forget(marts.connection)
    assert publish(marts.connection, DAY, "digest").inserted == 1
    assert served_otherwise(marts.connection) == {}


def test_rows_written_as_they_were_make_no_generation(marts: Marts) -> None:
    marts.execute("update marts.resident set name = name")
    assert marts.publish().is_new is False
    assert marts.connection.execute("select count(*) from ops.source_news").fetchone() == (0,)


def test_news_wait_for_a_publication_that_succeeds(marts: Marts) -> None:
    marts.execute("update marts.resident set name = '改' where resident_id = 1")
    marts.connection.commit()
    with marts.connection.transaction(force_rollback=True):  # the server goes away before the commit
        assert publish(marts.connection, DAY, "digest").inserted == 1
    assert marts.publish().inserted == 1


# What is not watched any more is compared whole


def unlike(statement: str) -> Callable[[Marts], None]:
    return lambda marts: marts.execute(statement)


@pytest.mark.parametrize(
    "happens",
    [
        pytest.param(lambda marts: make_anew(marts, RESIDENT.source), id="made anew"),
        pytest.param(
            unlike(
                "create temp table kept as table marts.resident; truncate marts.resident;"
                " insert into marts.resident table kept"
            ),
            id="truncated",
        ),
        pytest.param(
            unlike("alter table marts.resident alter name type text using name || '改'"), id="rewritten"
        ),
        pytest.param(
            unlike("alter table marts.resident disable trigger note_update"), id="not told of updates"
        ),
        pytest.param(unlike("drop trigger note_update on marts.resident"), id="trigger dropped"),
        pytest.param(
            unlike(
                "alter table marts.resident drop column name;"
                " alter table marts.resident add column name text default '改'"
            ),
            id="column made anew",
        ),
    ],
)
def test_a_source_that_is_not_the_one_watched_is_compared_whole(
    marts: Marts, happens: Callable[[Marts], None]
) -> None:
    assert watched(marts)
    happens(marts)
    assert not watched(marts)
    marts.execute("update marts.resident set name = '改' where resident_id = 1")
    marts.execute("delete from ops.source_news")
    assert marts.publish().inserted >= 1
    assert marts.connection.execute(
        "select name from pub.current_resident where resident_id = 1"
    ).fetchone() == ("改",)
    assert watched(marts)


def test_a_column_served_from_now_on_is_published_for_every_row(marts: Marts) -> None:
    marts.execute("alter table marts.resident add column note text default '注'")
    marts.publish()
    marts.execute("alter table pub.resident add column note text")
    assert marts.publish().inserted == 8


def test_where_nobody_may_watch_everything_is_compared(marts: Marts) -> None:
    make_anew(marts, RESIDENT.source)
    marts.execute("revoke all on marts.resident from dw_owner")
    marts.publish()
    assert not watched(marts)
    marts.execute("update marts.resident set name = '改' where resident_id = 1")
    assert marts.publish().inserted == 1


# Somebody writes while a publication runs


def test_what_is_written_meanwhile_is_published_next(database: Warehouse, marts: Marts) -> None:
    with database.connect() as writer:
        writer.execute("update marts.resident set name = '改' where resident_id = 1")
        assert marts.publish().is_new is False
        writer.commit()
    assert marts.publish().inserted == 1


def test_whoever_writes_is_waited_for_before_a_source_is_watched(database: Warehouse, marts: Marts) -> None:
    make_anew(marts, RESIDENT.source)
    marts.connection.commit()
    publications = []
    with database.connect() as writer:
        writer.execute("update marts.resident set name = '改' where resident_id = 1")
        thread = threading.Thread(target=lambda: publications.append(marts.publish()))
        thread.start()
        time.sleep(0.3)
        assert publications == []
        writer.commit()
    thread.join()
    assert publications[0].inserted == 1
