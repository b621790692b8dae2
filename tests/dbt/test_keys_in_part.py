"""A record of whose key a part is not told: following builds make of it what a full refresh makes."""

from typing import NamedTuple

import psycopg
import pytest
from psycopg import sql
from templates import NewDatabase, at_home

from ingestion.derive import KEYS_OF_MODELS
from ingestion.records import canonical_records
from warehouse.database.connection import Warehouse
from warehouse.pipeline.dbt import run_dbt
from warehouse.pipeline.runs import prepare

pytestmark = pytest.mark.builds

# Its key has several parts, of which the first is always there.
RECORDS = [
    record.name
    for record in canonical_records().values()
    if not record.part_of and len(KEYS_OF_MODELS.get(record.name, record.key)) > 1
]
LATEST = (
    "select delivery_id, is_revoked, last_seen_order from intermediate.int_{}_latest where feed = 'parts'"
)
STANDING = """
    select record, delivery_id, line_number, position
    from intermediate.int_standing_records where feed = 'parts' order by 1
"""


def say(
    db: psycopg.Connection, day: int, *line_keys: int, mode: str = "delta", is_revoking: bool = False
) -> None:
    """A delivery of one sender with lines of each kind of record, all of one key with nothing but its first part."""
    delivery = f"parts{day}"
    db.execute(
        """
        insert into ops.delivery (
            delivery_id, system, feed, business_date, mode, sequence_no, file_name, sha256, layout_version,
            received_count, landed_count, rejected_count, repeated_count, status
        ) values (%s, 'parts', 'parts', %s, %s, 1, %s, %s, 1, 0, 0, 0, 0, 'accepted')
        """,
        [delivery, f"2025-06-{day}", mode, f"{delivery}.csv", delivery],
    )
    for name in RECORDS:
        number = KEYS_OF_MODELS.get(name, canonical_records()[name].key)[0]
        insert = sql.SQL(
            "insert into staging.{} ({}, feed, delivery_id, delivery_date, delivery_order, line_key, line_number,"
            " position, is_revoking) values ('420203', 'parts', %s, %s, %s, %s, %s, 1, %s)"
        ).format(sql.Identifier(f"stg_{name}"), sql.Identifier(number))
        for line, line_key in enumerate(line_keys, 1):
            db.execute(insert, [delivery, f"2025-06-{day}", day, line_key, line, is_revoking])


def build(database: Warehouse, *selected: str) -> None:
    run_dbt(database, "build", "--exclude-resource-type", "unit_test", "test", "--select", *selected,
            variables={"business_date": "2025-06-30", "generation": 1})  # fmt: skip


class Followed(NamedTuple):
    """What stands of each kind after two following builds and after a full refresh, and which lines had news; the
    records that stand after each delivery."""

    following: dict[str, list[tuple]]
    afresh: dict[str, list[tuple]]
    touched: set[tuple]
    standing: list[list[tuple]]


@pytest.fixture(scope="module")
def followed(
    new_database: NewDatabase, migrated: Warehouse, tmp_path_factory: pytest.TempPathFactory
) -> Followed:
    database, standing = new_database(migrated), []
    asked = ["int_touched_lines", "int_standing_records"]
    latest_models = [f"int_{name}_latest" for name in RECORDS]
    delivered = ["stg_deliveries", "stg_rejected_keys", "int_fresh_deliveries", "int_closings"]
    with at_home(tmp_path_factory.mktemp("home")), database.connect() as db:
        db.autocommit = True
        prepare(database)

        def latest() -> dict[str, list[tuple]]:
            return {name: db.execute(LATEST.format(name).encode()).fetchall() for name in RECORDS}

        def follow() -> None:
            build(database, *delivered, *latest_models, *asked)
            standing.append(db.execute(STANDING).fetchall())

        build(database, *(f"+{name}" for name in asked))
        say(db, 27, 1, 2)
        follow()
        say(db, 28, 1)
        follow()
        following = latest()
        touched = set(
            db.execute(
                "select delivery_id, line_number from intermediate.int_touched_lines where delivery_id ^@ 'parts'"
            ).fetchall()
        )
        build(database, *delivered, *latest_models, "--full-refresh")
        afresh = latest()
        say(db, 29, 1, is_revoking=True)
        follow()
        say(db, 30, mode="full")
        follow()
    return Followed(following, afresh, touched, standing)


@pytest.mark.parametrize("name", RECORDS)
def test_a_following_build_holds_it_once_and_as_last_told(followed: Followed, name: str) -> None:
    assert followed.following[name] == [("parts28", False, 28)]
    assert followed.afresh[name] == followed.following[name]


def test_its_news_touches_every_line_that_tells_of_it(followed: Followed) -> None:
    assert followed.touched == {("parts27", 1), ("parts27", 2), ("parts28", 1)}


def test_it_stands_until_it_is_taken_back_or_gone(followed: Followed) -> None:
    """Taken back by one of two lines it stands with the other, until a full delivery names neither."""
    lines = [("parts27", 2), ("parts28", 1), ("parts27", 2)]
    assert followed.standing == [
        *([(name, *line, 1) for name in sorted(RECORDS)] for line in lines),
        [],
    ]
