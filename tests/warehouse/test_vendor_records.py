"""Twelve invented senders' files, bound to canonical records by contract alone: the rows in force after all files
are those the pack says must come out, and the lines it refuses are refused."""

import csv
import shutil
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from example_pack import FOLDERS, LAYOUTS, PACK
from templates import NewDatabase, at_home

from ingestion.contract import load_contracts
from ingestion.input_views import ensure_views
from ingestion.landing import land_inbox
from ingestion.raw_table import ensure_table
from ingestion.records import canonical_records
from warehouse.database.connection import Warehouse
from warehouse.pipeline.dbt import run_dbt

CONTRACTS = load_contracts(LAYOUTS)
# The record that the lines of a file of expected rows are: that of the feed, but of a dossier.
EXPECTED = {feed: {"expected.csv": CONTRACTS[feed].bindings[0].record.name} for feed in FOLDERS} | {
    "qingshen_dossier": {
        "expected.csv": "aid_household",
        "expected_members.csv": "aid_household_member",
        "expected_entitlement.csv": "entitlement",
        "expected_temporary_aid.csv": "temporary_aid",
    }
}

pytestmark = [
    pytest.mark.builds,
    pytest.mark.skipif(not PACK.exists(), reason="the given layouts are not there"),
]

# What stands of a record, as its view tells it; parts stand with the line they are part of.
IN_FORCE = """
select told.*
from input.{record} as told
inner join intermediate.int_standing_records as standing using (feed, delivery_id, line_number{position})
where told.feed = %s and standing.record = '{whole}' and not told.is_revoked
"""


@pytest.fixture(scope="module")
def built(
    new_database: NewDatabase, migrated: Warehouse, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[psycopg.Connection]:
    """All folders landed, accepted and staged."""
    root = tmp_path_factory.mktemp("drop")
    for feed, folder in FOLDERS.items():
        shutil.copytree(PACK / folder / "drop", root / CONTRACTS[feed].location)
    database = new_database(migrated)
    with at_home(tmp_path_factory.mktemp("home")), psycopg.connect(database.address, autocommit=True) as db:
        for contract in CONTRACTS.values():
            ensure_table(db, contract)
        land_inbox(db, CONTRACTS, root)
        db.execute("update ops.delivery set status = 'accepted'")
        ensure_views(db, CONTRACTS)
        run_dbt(
            database, "build", "--exclude-resource-type", "unit_test",
            "--select", "path:seeds", "path:models/staging", "path:models/intermediate",
            variables={"business_date": "2025-12-31", "generation": 1},
        )  # fmt: skip
        yield db


def as_said(db: psycopg.Connection, record: str, column: str, value: Any) -> str:
    """A value as the pack writes it."""
    kind = canonical_records()[record].column(column).type if column != "position" else "number"
    if value is None or value == "":
        return ""
    if kind == "month":
        return f"{value:%Y-%m}"
    if kind == "instant":
        return db.execute(
            "select to_char(%s::timestamptz at time zone 'Asia/Shanghai', 'YYYY-MM-DD\"T\"HH24:MI:SS\"+08:00\"')",
            [value],
        ).fetchone()[0]
    if kind in ("yuan", "number", "share"):
        return f"{round(float(value), 6):.6f}"
    if kind == "id_number":
        return (db.execute("select clean.id_number(%s)", [value]).fetchone() or [None])[0] or ""
    return str(value)


def rows_of(db: psycopg.Connection, feed: str, record: str, columns: list[str]) -> list[tuple[str, ...]]:
    whole = canonical_records()[record].kind
    position = "" if whole != record else ", position"
    rows = db.execute(IN_FORCE.format(record=record, whole=whole, position=position), [feed])
    names = [column.name for column in rows.description or ()]
    found = [dict(zip(names, row, strict=True)) for row in rows.fetchall()]
    return sorted(tuple(as_said(db, record, name, row[name]) for name in columns) for row in found)


@pytest.mark.parametrize(
    ("feed", "file", "record"),
    [(feed, file, record) for feed, files in EXPECTED.items() for file, record in files.items()],
)
def test_the_rows_in_force_are_those_that_must_come_out(
    built: psycopg.Connection, feed: str, file: str, record: str
) -> None:
    with (PACK / FOLDERS[feed] / file).open(encoding="utf-8", newline="") as expected:
        rows = list(csv.DictReader(expected))
    columns = list(rows[0])
    binding = next(one for one in CONTRACTS[feed].bindings if one.record.name == record)
    not_sent = {column.name for column in binding.not_sent}
    assert not_sent.isdisjoint(columns)
    wanted = sorted(
        tuple(as_said(built, record, name, row[name]) if name != "benefit_month" and name != "paid_month"
              else row[name] for name in columns)
        for row in rows
    )  # fmt: skip
    assert rows_of(built, feed, record, columns) == wanted


def test_equal_numbers_of_two_districts_are_two_marriages(built: psycopg.Connection) -> None:
    found = built.execute(
        "select event_no, certificate_no from intermediate.int_marriage_event_latest where event_no like '%/H08000117'"
        " and event_type = '结婚登记' order by 1"
    ).fetchall()
    assert found == [
        ("pengshan/H08000117", "pengshan/J2008-000117"),
        ("renshou/H08000117", "renshou/J2008-000117"),
    ]


@pytest.mark.parametrize("feed", FOLDERS)
def test_the_lines_that_must_be_refused_are_and_no_other(built: psycopg.Connection, feed: str) -> None:
    with (PACK / FOLDERS[feed] / "expected_rejects.csv").open(encoding="utf-8", newline="") as expected:
        wanted = sorted((row["file"].split("/")[0], int(row["line"])) for row in csv.DictReader(expected))
    found = built.execute(
        "select file_name, line_number from ops.rejected_row inner join ops.delivery using (delivery_id)"
        " where feed = %s",
        [feed],
    ).fetchall()
    assert sorted(found) == wanted
