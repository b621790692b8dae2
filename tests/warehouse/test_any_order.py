"""Whatever the order of deliveries: what the runs made of the news is what a full refresh makes of everything."""

import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fingerprints import fingerprints, served_otherwise
from seeds import seeds
from town import deliver, deliver_again

from warehouse.database.connection import Warehouse
from warehouse.database.errors import MinzhengError
from warehouse.pipeline.runs import build_gate_publish, run
from warehouse.publishing.served import PUBLISHED
from warehouse.publishing.watch import is_watched

pytestmark = pytest.mark.builds

LATE = ("register", "population", "20250626")
# By their numbers: who was first seen later has another id.
FINDINGS = """
    select identities.id_number, findings.rule_code, findings.aid_household_no, findings.first_on,
        findings.outcome, findings.amount_yuan
    from rules.finding as findings
    left join ops.resident_identity as identities on findings.subject_resident_id = identities.resident_id
    order by 1, 2, 3, 4, 5, 6
"""
RESIDENTS = """
    select id_number, name, born_on, died_on, division_code, is_registered
    from marts.resident order by 1, 2, 3, 4, 5, 6
"""


def _in_batches(town, inbox: Path, seed: int, count: int) -> Iterator[list[Path]]:
    """The deliveries of a town come into an inbox in a random order, one after all others; yields what came
    each time."""
    folders = [
        path.parent for place in (town.inbox, town.later) for path in sorted(place.rglob("manifest.json"))
    ]
    (late,) = [folder for folder in folders if folder.parts[-3:] == LATE]
    folders.remove(late)
    random.Random(seed).shuffle(folders)
    shutil.copytree(town.inbox / "reference", inbox / "reference")
    for number in range(count):
        batch = [*folders[number::count], *([late] if number == count - 1 else [])]
        for folder in batch:
            deliver(folder, inbox)
        yield batch


def _run_and_break(database: Warehouse, inbox: Path, table: str) -> None:
    """A run that the database stops in the middle of the marts."""
    with database.connect() as connection:
        connection.execute(
            """
            create function pg_temp.stop() returns trigger language plpgsql as
            $$ begin raise exception 'stopped by the test'; end $$
            """.replace("pg_temp", "public")
        )
        connection.execute(
            f"create trigger stop before insert or delete on {table} for each statement "
            "execute function public.stop()"
        )
    with pytest.raises(MinzhengError, match="last published generation stays"):
        run(database, inbox)
    with database.connect() as connection:
        connection.execute("drop function public.stop() cascade")


def _content(database: Warehouse) -> list[list[tuple]]:
    with database.connect() as connection:
        return [connection.execute(query).fetchall() for query in (FINDINGS, RESIDENTS)]


@pytest.mark.parametrize("seed", seeds(20260, 3))
def test_any_order_gives_what_one_gives_and_a_full_refresh(database, town, published_town, tmp_path, seed):
    """The register's second day comes last of all, one run breaks off, and the next goes on. Day by day, and
    back: tests of whole runs (``test_time_does_not_run_backwards_unless_asked``)."""
    for number, _ in enumerate(_in_batches(town, tmp_path, seed, 2)):
        if number == 1:
            _run_and_break(database, tmp_path, "marts.benefit_month_person")
        run(database, tmp_path)
        with database.connect() as connection:
            assert served_otherwise(connection) == {}
    with database.connect() as connection:
        gone = connection.execute(
            "select count(*) from marts.registered_household_member where valid_to = '2025-06-30'"
        ).fetchone()
        named, stands = connection.execute(
            """
            select count(*), bool_and(last_seen_order = rejected.delivery_order)
            from intermediate.int_population_latest as latest
            inner join staging.stg_rejected_keys as rejected
                on latest.feed = rejected.feed and latest.line_key = rejected.key_hash
            where rejected.delivery_id = 'population_20250630_full_01'
            """
        ).fetchone()
        before = fingerprints(connection)
    assert gone[0] > 0  # a later full delivery has closed something
    assert named > 0
    assert stands  # but nobody whom a rejected line of it names
    run(published_town, town.later)
    assert _content(database) == _content(published_town)
    run(database, tmp_path, full_refresh=True)
    with database.connect() as connection:
        after = fingerprints(connection)
    assert {name for name in after if after[name] != before.get(name)} == set()


def test_whom_only_a_rejected_line_names_stands_again(published_town, town, tmp_path):
    """Closed by a full delivery, named by a line of the next that cannot be read."""
    population = Path("register", "population")
    deliver_again(town.inbox / population / "20250625", tmp_path / population / "20250629", step=100, rest=10)
    closed = "select resident_id from marts.registered_household_member where valid_to = '2025-06-29'"
    run(published_town, tmp_path)
    with published_town.connect() as connection:
        gone = connection.execute(closed).fetchall()
    deliver(town.later / population / "20250630", tmp_path)
    run(published_town, tmp_path)
    with published_town.connect() as connection:
        still_gone = connection.execute(closed).fetchall()
        named = connection.execute(
            """
            select resident_id from marts.person_mention
            inner join intermediate.int_population_latest as latest using (delivery_id, line_number)
            inner join staging.stg_rejected_keys as rejected
                on latest.feed = rejected.feed and latest.line_key = rejected.key_hash
            where role = 'person' and rejected.delivery_id = 'population_20250630_full_01'
            """
        ).fetchall()
    assert set(gone) & set(named)
    assert not set(still_gone) & set(named)


def test_only_what_has_news_is_written(published_town, town, tmp_path):
    """One delivery of a day: the rows of everybody else are the very same rows, not equal ones; also of what is
    worked out from nothing, as rules are."""
    late = Path("shared", "vehicle", "20250630")
    shutil.copytree(town.later, tmp_path / "inbox")
    shutil.rmtree(tmp_path / "inbox" / late)
    run(published_town, tmp_path / "inbox")
    tables = ("resident", "benefit_month", "income_item", "property_item", "household_means",
              "household_means_item", "registered_household_member")  # fmt: skip
    anew = ("marts.marriage_spell", "marts.legal_family_member", "marts.statistics_benefit_month",
            "rules.c03_overlapping_marriages", "rules.e06_paid_twice", "rules.d02_vehicle_above_limit")  # fmt: skip
    count = "select count(*), count(*) filter (where xmin::text::bigint > %s) from {}"
    with published_town.connect() as connection:
        before = connection.execute("select pg_current_xact_id()::text::bigint").fetchone()[0]
    deliver(town.later / late, tmp_path / "inbox")
    run(published_town, tmp_path / "inbox")
    with published_town.connect() as connection:
        assert served_otherwise(connection) == {}
        # Publishing is told of every table that stays.
        watched = {
            item.name for item in PUBLISHED if is_watched(connection, item.name, item.source, item.key)
        }
        assert set(tables) <= watched
        written = {
            table: connection.execute(count.format(f"marts.{table}"), [before]).fetchone() for table in tables
        }
        written_anew = {table: connection.execute(count.format(table), [before]).fetchone() for table in anew}
    for table in ("benefit_month", "income_item", "resident"):
        assert written[table][1] == 0
    assert {table for table, (_, rows) in written_anew.items() if rows} <= {"rules.d02_vehicle_above_limit"}
    assert (
        0
        < written_anew["rules.d02_vehicle_above_limit"][1]
        < written_anew["rules.d02_vehicle_above_limit"][0]
    )
    for table in ("property_item", "household_means"):
        assert 0 < written[table][1] < written[table][0] / 3, written
    everything = build_gate_publish(published_town, compare_all=True).publication
    assert everything is not None
    assert not everything.is_new  # nothing had gone unpublished
