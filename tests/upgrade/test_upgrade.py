"""Databases of earlier releases under the program of today (README.md beside this file)."""

import lzma
import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from make_dump import CLIENT
from psycopg.types.json import Jsonb
from templates import NewDatabase, Templates
from test_backup import run_tool

from warehouse.database.connection import Warehouse
from warehouse.database.migrate import migrate
from warehouse.pipeline.build import build_gate_publish
from warehouse.pipeline.runs import prepare
from warehouse.verification.audit import check_log, read_anchors

HERE = Path(__file__).parent
RELEASES = sorted(path.name.removesuffix(".dump.xz") for path in HERE.glob("*.dump.xz"))

COLUMNS = """
select relnamespace::regnamespace::text || '.' || quote_ident(relname), array_agg(quote_ident(attname))
from pg_class
inner join pg_attribute on attrelid = pg_class.oid and attnum > 0 and not attisdropped
where relkind = 'r' and relnamespace::regnamespace::text in (
    'ops', 'audit', 'pub', 'raw', 'staging', 'intermediate', 'marts', 'rules'
)
group by relnamespace, relname
"""
# What migrating itself writes.
OWN_NOTES = {"ops.alembic_version", "ops.script"}
# What the build after an upgrade makes anew, under other names, from what was received.
MADE_ANEW = re.compile(r"staging\.stg_\w+__\w+|intermediate\.int_\w+s_latest")


@pytest.fixture(params=RELEASES)
def release(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def before(release: str, templates: Templates, migrated: Warehouse, tmp_path: Path) -> Warehouse:
    """URL of the database as it was left, to be copied; the roles it speaks of came with `migrated`."""

    def restore(database: Warehouse) -> None:
        dump = tmp_path / "dump"
        dump.write_bytes(lzma.decompress((HERE / f"{release}.dump.xz").read_bytes()))
        run_tool("pg_restore", database, "--exit-on-error", str(dump))

    return templates.made_once(f"release_{release}", restore)


@pytest.fixture
def template(release: str, before: Warehouse, templates: Templates) -> Warehouse:
    """`database` and `connection` are of the release's database, migrated."""
    return templates.made_once(f"upgraded_{release}", migrate, before)


@pytest.fixture
def former(before: Warehouse, new_database: NewDatabase) -> Iterator[psycopg.Connection]:
    """A connection to the database as it was left."""
    with new_database(before).connect() as connection:
        yield connection


def columns(connection: psycopg.Connection) -> dict[str, set[str]]:
    return {table: set(names) for table, names in connection.execute(COLUMNS.encode()).fetchall()}


def content(connection: psycopg.Connection, table: str, named: list[str]) -> tuple[int, str]:
    """How many rows, and a digest of them in whatever order they lie."""
    row = connection.execute(
        f"select count(*), md5(string_agg(line, ' ' order by line collate \"C\"))"
        f" from (select row({', '.join(named)})::text as line from {table}) as lines".encode()
    ).fetchone()
    assert row
    return row


def test_every_row_is_kept(former: psycopg.Connection, connection: psycopg.Connection) -> None:
    """Of every table, in all columns both know: ids, decisions, consent, events, the log, every generation."""
    then, now = columns(former), columns(connection)
    gone = set(then) - set(now)
    assert {table for table in gone if not MADE_ANEW.match(table)} == set()
    kept = {table: sorted(then[table] & now[table]) for table in set(then) - OWN_NOTES - gone}
    counts = {}
    for table, named in kept.items():
        assert named, table
        found = content(former, table, named)
        assert content(connection, table, named) == found, table
        counts[table] = found[0]
    for table in (
        "ops.resident_identity", "ops.finding_decision", "ops.identity_decision", "ops.identity_event",
        'ops."authorization"', "ops.authorization_revocation", "ops.generation", "audit.verification_log",
        "audit.batch_item", "pub.finding",
    ):  # fmt: skip
        assert counts[table] > 0, table


def test_what_was_decided_and_withdrawn_still_counts(
    former: psycopg.Connection, connection: psycopg.Connection
) -> None:
    states = "select finding_id, state, decision, decided_by, decided_at from ops.finding_state order by finding_id"
    told = former.execute(states).fetchall()
    assert {state for _, state, *_ in told} >= {"new", "confirmed", "cleared", "dismissed"}
    assert connection.execute(states).fetchall() == told
    revoked = connection.execute(
        "select api_v1.authorization_state(authorization_no) from ops.authorization_revocation"
    )
    assert set(revoked.fetchall()) == {("revoked",)}


ANSWERED = """
select
    report_no, request_id, request, answer::text,
    authorization_no in (select authorization_no from ops.authorization_revocation) as is_revoked
from audit.verification_log
where outcome = 'answered'
order by log_id
"""


def test_reports_come_out_word_for_word_and_the_chain_goes_on(
    release: str, former: psycopg.Connection, connection: psycopg.Connection
) -> None:
    anchors = read_anchors(HERE / f"{release}.anchors.jsonl")
    (rows,) = former.execute("select count(*) from audit.verification_log").fetchone() or (0,)
    assert len(anchors) > 1
    assert check_log(connection, anchors) == (rows, [])

    reports = former.execute(ANSWERED).fetchall()
    assert {is_revoked for *_, is_revoked in reports} == {True, False}
    connection.execute("insert into ops.client_door values (session_user)")
    connection.execute("select set_config('minzheng.client', %s, false)", [CLIENT])
    for report_no, request_id, request, answer, is_revoked in reports:
        handed_out = connection.execute(
            "select api_v1.get_report(%s, 'review', '核对员乙')::text, api_v1.verify(%s)::text",
            [report_no, Jsonb(request)],
        ).fetchone()
        assert handed_out
        if is_revoked:
            assert all("no_live_authorization" in told for told in handed_out), request_id
        else:
            assert set(handed_out) == {answer}, request_id
    assert check_log(connection, anchors) == (rows + 2 * len(reports), [])


def test_its_schema_is_that_of_a_new_database(
    database: Warehouse, migrated: Warehouse, new_database: NewDatabase, tmp_path: Path
) -> None:
    """Objects, comments, owners and rights, but for what dbt and landing make; rights in any order."""
    built = ("raw", "staging", "intermediate", "marts", "rules")

    def schema(database: Warehouse) -> list[str]:
        file = tmp_path / "schema.sql"
        apart = [f"--exclude-schema={name}" for name in built]
        run_tool("pg_dump", database, "--schema-only", f"--file={file}", *apart)
        lines = file.read_text(encoding="utf-8").splitlines()
        return sorted(line for line in lines if not line.startswith(("\\restrict", "\\unrestrict")))

    assert schema(database) == schema(new_database(migrated))


@pytest.mark.builds
def test_a_build_on_it_keeps_who_is_who_and_what_was_decided(database: Warehouse) -> None:
    ids = "select resident_id, id_number from ops.resident_identity order by resident_id"
    decided = "select finding_id, decision, decided_at from ops.finding_decision order by decision_id"
    with database.connect() as connection:
        known, decisions = (connection.execute(query).fetchall() for query in (ids, decided))
        (newest,) = connection.execute("select max(generation) from ops.generation").fetchone() or (0,)
    prepare(database)
    build_gate_publish(database)
    with database.connect() as connection:
        assert connection.execute("select generation from pub.current_generation").fetchone() == (newest + 1,)
        assert connection.execute(ids).fetchall()[: len(known)] == known
        assert connection.execute(decided).fetchall() == decisions
        states = dict(connection.execute("select finding_id, state from ops.finding_state").fetchall())
        assert [states[finding_id] for finding_id, decision, _ in decisions if decision == "confirmed"] == [
            "confirmed"
        ]
