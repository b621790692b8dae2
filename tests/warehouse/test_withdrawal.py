"""A delivery withdrawn and the warehouse built again is a delivery that never came."""

import json
import random
import re
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest
from fingerprints import fingerprints, served_otherwise
from small_inbox import CONTRACTS, SmallInbox, line

from ingestion.contract import LONGEST_BY_TYPE, Column
from ingestion.errors import RequestError
from lab.simulator import generate
from warehouse.database.connection import Warehouse
from warehouse.database.errors import MinzhengError
from warehouse.database.settings import settings
from warehouse.pipeline.runs import gate_deliveries, land, run, withdraw

LAST_DAY, DAY_AFTER = date(2025, 6, 27), date(2025, 6, 28)
NUMBER = "420202199001011231"


def some_text(length: int) -> str:
    """Characters that no compression makes much shorter."""
    return "".join(map(chr, random.Random(length).choices(range(0x4E00, 0x9FA6), k=length)))


@pytest.fixture(scope="module")
def inbox(tmp_path_factory) -> Path:
    inbox = tmp_path_factory.mktemp("town")
    generate(inbox, residents=200, seed=31, days=3)
    return inbox


@pytest.fixture(scope="module")
def two_days(inbox, migrated, new_database, tmp_path_factory) -> Warehouse:
    """What there is without the deliveries of the last day; tests work on copies."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MINZHENG_HOME", str(tmp_path_factory.mktemp("home")))
        settings.cache_clear()
        database = new_database(migrated)
        run(database, inbox, through=date(2025, 6, 26))
    settings.cache_clear()
    return database


def values(database: Warehouse, query: str) -> list[Any]:
    with database.connect() as connection:
        return [value for (value,) in connection.execute(query.encode()).fetchall()]


def of_last_day(database: Warehouse) -> list[str]:
    return values(
        database, f"select delivery_id from ops.delivery where business_date = '{LAST_DAY}' order by 1"
    )


def received(database: Warehouse) -> list[tuple[str, int]]:
    with database.connect() as connection:
        return [
            (feed, connection.execute(f"select count(*) from raw.{feed}").fetchone()[0]) for feed in CONTRACTS
        ]


@pytest.mark.builds
def test_withdrawn_and_built_equals_never_delivered(two_days, inbox, new_database, tmp_path):
    """Also where a build broke off on a line that no index takes, landed before lengths had a limit."""
    with two_days.connect() as connection:
        never = fingerprints(connection)
    database = new_database(two_days)
    land(database, inbox)
    assert gate_deliveries(database) == []
    spoilt = next(delivery for delivery in of_last_day(database) if delivery.startswith("payment"))
    name = some_text(1500)
    with database.connect() as connection:
        (number,) = connection.execute(
            "update raw.payment set payee_name = %s where (_delivery_id, _line_number) = (%s, 3)"
            " returning _line_number",
            [name, spoilt],
        ).fetchone()
    with pytest.raises(MinzhengError) as failed:
        run(database, inbox)
    told = str(failed.value)
    assert re.match(r"步骤 \S+ Step `(stage|link|derive)`：", told)
    assert f"delivery {spoilt} line {number} (领款人姓名)" in told
    assert not any(name[place : place + 3] in told for place in range(len(name))), "no value"

    lines = received(database)
    for delivery in of_last_day(database):
        assert withdraw(database, delivery, "发错了").is_withdrawn
    built = run(database, inbox)
    assert built.business_date == date(2025, 6, 26)
    assert {result.outcome for result in built.deliveries} == {"skipped"}
    assert received(database) == lines, "no raw line vanishes"
    with database.connect() as connection:
        assert fingerprints(connection) == never
        assert served_otherwise(connection) == {}
    assert run(database, inbox).publication is None, "done once"

    later = tmp_path / "corrected"
    shutil.copytree(inbox, later)
    folder = later / "assistance" / "payment" / f"{LAST_DAY:%Y%m%d}"
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    manifest["delivery_id"] = "payment_corrected"
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    corrected = run(database, later)
    (landed,) = [result for result in corrected.deliveries if result.outcome == "landed"]
    assert (landed.delivery_id, landed.repeated_count) == ("payment_corrected", 0)
    assert corrected.business_date == LAST_DAY
    assert values(
        database, "select last_delivery_id from pub.current_source_freshness where feed = 'payment'"
    ) == ["payment_corrected"]


# Of those with a limit; numbers of accounts and of divisions have a form.
WORDS = set(LONGEST_BY_TYPE) - {"account", "division"}


def longest(column: Column, number: int) -> Any:
    if column.items:
        return [{item.header: longest(item, number) for item in column.items}] * 2
    return some_text(column.longest - number) if column.type in WORDS else None


@pytest.mark.builds
def test_no_line_that_lands_stops_a_build(two_days, new_database, tmp_path):
    """Every text of every feed as long as it may be."""
    small = SmallInbox(tmp_path / "inbox")
    for feed, contract in CONTRACTS.items():
        if contract.has_manifest:
            said_what = {contract.operation.column} if contract.operation else set()
            lines = [
                line(feed, number)
                | {
                    column.name: longest(column, number)
                    for column in contract.columns
                    if column.type in (*WORDS, "nested") and column.name not in said_what
                }
                for number in (0, 1)
            ]
            small.add(feed, lines, day=DAY_AFTER, mode="delta")
    database = new_database(two_days)
    result = run(database, small.root)
    assert {(one.outcome, one.rejected_count) for one in result.deliveries} == {("landed", 0)}
    assert result.publication is not None


@pytest.fixture
def landed(database: Warehouse) -> Warehouse:
    with database.connect() as connection:
        connection.execute(
            "insert into ops.delivery (delivery_id, system, feed, business_date, mode, sequence_no, file_name,"
            " sha256, layout_version, received_count, landed_count, rejected_count, repeated_count, status)"
            " values ('d1', 'shared', 'vehicle', '2025-06-25', 'full', 1, 'f', 'x', 1, 0, 0, 0, 0, 'accepted')"
        )
    return database


def status(database: Warehouse) -> str:
    return str(values(database, "select status from ops.delivery")[0])


def test_a_withdrawal_needs_a_reason_without_a_person_and_a_delivery(landed):
    with pytest.raises(RequestError, match="identity number"):
        withdraw(landed, "d1", f"{NUMBER} 的车不对")
    for nothing in ("", " ", "\u3000", "\u200b\ufeff"):
        with pytest.raises(RequestError, match="没有写明原因，未作改动。 No reason is given"):
            withdraw(landed, "d1", nothing)
    with pytest.raises(RequestError, match="No such delivery"):
        withdraw(landed, "d2", "发错了")
    assert (status(landed), values(landed, "select count(*) from ops.withdrawal")) == ("accepted", [0])
    assert withdraw(landed, "d1", "发错了").is_withdrawn
    with pytest.raises(RequestError, match="withdrawn already"):
        withdraw(landed, "d1", "发错了")


@pytest.mark.parametrize("nobody", [None, "", " ", "\u3000\u200b"])
def test_nobody_named_is_the_login(landed, monkeypatch, nobody):
    monkeypatch.setenv("MINZHENG_WITHDRAW_FOUR_EYES", "true")
    settings.cache_clear()
    assert not withdraw(landed, "d1", "发错了").is_withdrawn
    assert not withdraw(landed, "d1", "发错了", nobody).is_withdrawn
    assert values(
        landed, "select count(distinct said_by) from ops.withdrawal where said_by = session_user"
    ) == [1]


def test_where_four_eyes_are_asked_for_the_second_person_withdraws(landed, monkeypatch):
    monkeypatch.setenv("MINZHENG_WITHDRAW_FOUR_EYES", "true")
    settings.cache_clear()
    assert not withdraw(landed, "d1", "发错了", "张").is_withdrawn
    assert not withdraw(landed, "d1", "真的发错了", "张").is_withdrawn, "still one person"
    for spelling in ("张 ", "\u3000张", "张\u200b", "“张”"):
        assert not withdraw(landed, "d1", "真的发错了", spelling).is_withdrawn, "one person, however spelt"
    assert status(landed) == "accepted"
    assert withdraw(landed, "d1", "核实无误", "李").is_withdrawn
    assert status(landed) == "withdrawn"
    with landed.connect() as connection, pytest.raises(psycopg.errors.RestrictViolation):
        connection.execute("delete from ops.withdrawal")
