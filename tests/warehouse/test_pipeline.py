"""The whole job on invented towns: nothing lost, nothing twice, the same from any order."""

import shutil
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from simulator import generate
from warehouse.database import connect
from warehouse.evaluate import evaluate
from warehouse.errors import GateClosed
from warehouse.pipeline import gate_deliveries, run

# Which generation first showed a finding depends on when it was built, by design.
NOT_CONTENT = {"first_seen_generation"}


@pytest.fixture(scope="module")
def town(tmp_path_factory) -> Path:
    """A town with all defects, three days of deliveries."""
    inbox = tmp_path_factory.mktemp("town")
    generate(inbox, residents=1200, seed=11, days=3)
    return inbox


@pytest.fixture(scope="module")
def clean_town(tmp_path_factory) -> Path:
    """A town whose numbers, names and dates are all well written."""
    inbox = tmp_path_factory.mktemp("clean_town")
    generate(inbox, residents=1500, seed=12, days=3, defects=0)
    return inbox


def fingerprints(connection: psycopg.Connection) -> dict[str, str]:
    """One digest of the content of every table of the layers."""
    tables = connection.execute(
        """
        select table_schema, table_name,
            array_agg(column_name::text order by ordinal_position)
        from information_schema.columns inner join information_schema.tables using (table_schema, table_name)
        where table_schema in ('staging', 'intermediate', 'marts', 'rules') and table_type = 'BASE TABLE'
            or (table_schema, table_name) in (('ops', 'person_link'), ('ops', 'resident_identity'))
        group by table_schema, table_name
        """
    ).fetchall()
    digests = {}
    for schema, table, columns in tables:
        listed = sql.SQL(", ").join(sql.Identifier(column) for column in columns if column not in NOT_CONTENT)
        row = connection.execute(
            sql.SQL("select md5(string_agg(line, '|' order by line)) from (select ({})::text as line from {}) as t").format(
                sql.SQL("row({})").format(listed), sql.Identifier(schema, table)
            )
        ).fetchone()
        digests[f"{schema}.{table}"] = row[0]
    return digests


def test_run_publishes_and_a_second_run_changes_nothing(database, town):
    first = run(database, town)
    assert first.publication.generation == 1
    with connect(database) as connection:
        before = fingerprints(connection)
        assert connection.execute(
            "select count(*) from ops.delivery where received_count <> landed_count + rejected_count + repeated_count"
        ).fetchone() == (0,)
        evaluation = evaluate(connection, town / "truth")
    rejected = sum(result.rejected_count for result in first.deliveries)
    assert evaluation.linkage.missing <= rejected
    assert evaluation.linkage.unexpected == 0
    assert evaluation.linkage.precision == 1.0

    second = run(database, town)
    assert second.publication is None
    rebuilt = run(database, town, full_refresh=True)
    assert rebuilt.publication.generation == 1
    assert (rebuilt.publication.inserted, rebuilt.publication.closed) == (0, 0)
    with connect(database) as connection:
        assert fingerprints(connection) == before


def test_day_by_day_gives_what_one_run_gives(database, empty_database_factory, town):
    from datetime import date

    at_once = empty_database_factory()
    run(at_once, town)
    for day in (25, 26, 27):
        run(database, town, through=date(2025, 6, day))
    with connect(at_once) as one, connect(database) as other:
        assert fingerprints(other) == fingerprints(one)
        assert other.execute("select max(generation) from ops.generation").fetchone()[0] > 1


def test_late_deliveries_give_the_same_residents_and_findings(database, empty_database_factory, town, tmp_path):
    """A feed that comes after all others changes ids (first seen later), nothing else."""
    late = tmp_path / "late"
    shutil.copytree(town, late)
    held_back = tmp_path / "held_back"
    shutil.move(late / "register" / "population" / "20250626", held_back)
    run(database, late)
    shutil.move(held_back, late / "register" / "population" / "20250626")
    run(database, late)
    in_order = empty_database_factory()
    run(in_order, town)
    by_number = """
        select identities.id_number, findings.rule_code, findings.aid_household_no, findings.first_on,
            findings.outcome, findings.amount_yuan
        from rules.finding as findings
        left join ops.resident_identity as identities on findings.subject_resident_id = identities.resident_id
        order by 1, 2, 3, 4, 5, 6
    """
    residents = "select id_number, name, born_on, died_on, division_code, is_registered from marts.resident order by 1"
    with connect(in_order) as one, connect(database) as other:
        for query in (by_number, residents):
            assert other.execute(query).fetchall() == one.execute(query).fetchall()


def test_every_true_hit_and_nothing_else_where_numbers_are_clean(database, clean_town):
    run(database, clean_town)
    with connect(database) as connection:
        evaluation = evaluate(connection, clean_town / "truth")
    assert evaluation.linkage.recall == evaluation.linkage.precision == 1.0
    wrong = {
        rule.rule_code: (rule.true_hits, rule.reported, rule.correct, rule.near_misses_reported)
        for rule in evaluation.rules
        if not (rule.true_hits == rule.reported == rule.correct and rule.near_misses_reported == 0)
    }
    assert wrong == {}


def test_a_closed_release_gate_keeps_the_former_generation(database, town, monkeypatch):
    run(database, town, through=None)
    with connect(database) as connection:
        # A bare number in served evidence must close the gate.
        connection.execute("create or replace function clean.mask_id_number(value text) returns text "
                           "language sql immutable as 'select value'")  # fmt: skip
    monkeypatch.setattr("warehouse.pipeline.prepare", lambda url: __import__("ingestion.contract").contract.load_contracts())
    with pytest.raises(GateClosed, match="former generation stays"):
        run(database, town, full_refresh=True)
    with connect(database) as connection:
        assert connection.execute("select generation from pub.current_generation").fetchone() == (1,)
        served = connection.execute("select count(*) from pub.current_resident where masked_id_number = id_number").fetchone()
        assert served == (0,)


def test_an_unbelievable_delivery_is_held_and_not_used(database, town, tmp_path):
    inbox = tmp_path / "inbox"
    shutil.copytree(town, inbox)
    run(database, inbox)
    with connect(database) as connection:
        connection.execute(
            "update ops.delivery set status = 'landed' where delivery_id = 'vehicle_20250625_full_01'"
        )
        connection.execute("update raw.vehicle set vehicle_type = 'ZZZ', status = '不明'")
    held = gate_deliveries(database)
    assert [report.subject for report in held] == ["vehicle_20250625_full_01"]
