"""Retention drops what its period is over for, and nothing an answer or a decision rests on."""

import json
import os
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from hand_made_family import Family
from hand_made_marts import Marts, rows_at

from ingestion.contract import load_contracts
from ingestion.return_list import write_return_lists
from warehouse.database.connection import Warehouse
from warehouse.database.errors import UsageError
from warehouse.database.settings import BUREAU_TIME, settings
from warehouse.publishing.publish import rollback_to
from warehouse.publishing.retention import retain
from warehouse.verification.audit import reproduce

NOW = datetime.now(BUREAU_TIME) + timedelta(days=400)  # what the tests write now is 400 days old
Keep = Callable[..., dict[str, int]]


@pytest.fixture
def keep(database: Warehouse, monkeypatch: pytest.MonkeyPatch) -> Keep:
    """Retains by the periods given; returns the counts by title."""

    def run(is_dry_run: bool = False, **periods: int) -> dict[str, int]:
        for name, period in periods.items():
            monkeypatch.setenv(f"MINZHENG_KEEP_{name.upper()}", str(period))
        settings.cache_clear()
        return {kind.title: kind.count for kind in retain(database, NOW, is_dry_run)}

    return run


@pytest.fixture
def marts(connection: psycopg.Connection) -> Marts:
    """Four generations of one resident who changes and one who does not."""
    marts = Marts(connection)
    marts.add_resident(1, name="一")
    marts.add_resident(2)
    marts.add("finding", finding_id="f", rule_code="A01", outcome="hit", severity="red")
    marts.publish()
    for name in ("二", "三", "四"):
        marts.execute("update marts.resident set name = %s where resident_id = 1", [name])
        marts.execute("update rules.finding set amount_yuan = coalesce(amount_yuan, 0) + 1")
        marts.publish()
    return marts


def names(marts: Marts, generation: int) -> list[str]:
    return [name for (name,) in rows_at(marts.connection, "resident", generation, "name")]


def test_nothing_goes_while_no_period_is_set(marts: Marts, keep: Keep) -> None:
    assert set(keep().values()) == {0}
    assert names(marts, 1) == ["一", "居民2"]


def test_counting_changes_nothing(marts: Marts, keep: Keep) -> None:
    counted = keep(is_dry_run=True, generations=2)
    assert (counted["发布世代"], counted["仅属于这些世代的行版本"]) == (2, 2)
    assert names(marts, 1) == ["一", "居民2"]
    assert keep(generations=2) == counted


def test_the_generations_kept_stay_whole_and_no_reader_is_led_to_the_others(marts: Marts, keep: Keep) -> None:
    keep(generations=2)
    assert names(marts, 3) == ["三", "居民2"]
    assert names(marts, 4) == ["四", "居民2"]
    known = marts.connection.execute("select generation from analytics.generation order by 1").fetchall()
    assert known == [(3,), (4,)]
    rollback_to(marts.connection, 3)
    with pytest.raises(UsageError, match="Generation 2 was dropped"):
        rollback_to(marts.connection, 2)
    marts.connection.rollback()
    assert set(keep().values()) == {0}


def test_the_role_for_it_drops_as_much_as_a_superuser(
    marts: Marts, keep: Keep, login: Callable[..., Warehouse]
) -> None:
    add_rejected(marts.connection, "used", "accepted")
    marts.connection.commit()
    periods = {"generations": 2, "rejected_days": 1, "gate_result_days": 1, "batch_days": 1}
    counted = keep(is_dry_run=True, **periods)
    assert counted["仅属于这些世代的行版本"] == 2
    dropped = {kind.title: kind.count for kind in retain(login("retention"), NOW, is_dry_run=False)}
    assert dropped == counted
    assert names(marts, 3) == ["三", "居民2"]


def test_the_role_for_it_reaches_nothing_in_force(
    marts: Marts, log_in: Callable[..., psycopg.Connection]
) -> None:
    login = log_in("retention")
    assert login.execute("delete from pub.resident").rowcount == 3  # the versions that have ended
    for statement in (
        "delete from pub.finding", "update pub.resident set to_generation = 1", "select name from pub.resident",
        "update pub.current_generation set generation = 1", "select answer from audit.verification_log",
        "delete from audit.verification_log", "update ops.rejected_row set amount_yuan = 0",
        "delete from ops.generation", "select from marts.resident",
    ):  # fmt: skip
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            login.execute(statement.encode())
    assert names(marts, 4) == ["四", "居民2"]


def test_a_login_from_whom_rows_are_hidden_is_refused(marts: Marts, login: Callable[..., Warehouse]) -> None:
    with pytest.raises(UsageError, match="role `retention`"):
        retain(login("publisher"), NOW, is_dry_run=True)


def test_a_generation_served_until_a_moment_ago_stays(marts: Marts, database: Warehouse, keep: Keep) -> None:
    """An answer about it may be under way: its row in the log names the generation."""
    keep(is_dry_run=True, generations=1)
    counts = {kind.title: kind.count for kind in retain(database, datetime.now(BUREAU_TIME), is_dry_run=True)}
    assert counts["发布世代"] == 0


def test_a_generation_left_a_moment_ago_stays(marts: Marts, database: Warehouse, keep: Keep) -> None:
    """Served again after a rollback, however long ago it was published."""
    keep(is_dry_run=True, generations=1)
    marts.execute("update ops.generation set published_at = published_at - interval '30 days'")
    rollback_to(marts.connection, 2)
    rollback_to(marts.connection, 4)
    marts.connection.commit()
    now = datetime.now(BUREAU_TIME)
    for served_for, gone in ((timedelta(), 0), (timedelta(hours=2), 3)):
        counts = {kind.title: kind.count for kind in retain(database, now + served_for, is_dry_run=True)}
        assert counts["发布世代"] == gone


def test_what_readers_see_after_a_rollback_stays(marts: Marts, keep: Keep) -> None:
    rollback_to(marts.connection, 2)
    marts.connection.commit()
    assert keep(generations=1)["发布世代"] == 2
    assert names(marts, 2) == ["二", "居民2"]
    assert names(marts, 4) == ["四", "居民2"]


def test_every_version_of_a_finding_stays(marts: Marts, keep: Keep) -> None:
    keep(generations=1)
    versions = marts.connection.execute("select count(*) from pub.finding").fetchone()
    assert versions == (4,)


def test_an_answer_given_long_ago_can_still_be_made_again(connection: psycopg.Connection, keep: Keep) -> None:
    family = Family(connection)
    family.publish()
    given = family.verify("R1")
    for amount in (1, 2, 3):
        family.execute("update marts.income_item set amount_yuan = %s", [amount])
        family.publish()
    connection.commit()
    assert keep(generations=1)["发布世代"] == 2
    assert reproduce(connection, given["report_no"]).again == ()


def add_rejected(connection: psycopg.Connection, delivery_id: str, status: str) -> None:
    connection.execute(
        """
        insert into ops.delivery (
            delivery_id, system, feed, business_date, mode, sequence_no, file_name, sha256, layout_version,
            received_count, landed_count, rejected_count, repeated_count, status
        ) values (%s, 'assistance', 'payment', '2025-06-30', 'full', 1, 'f', 'x', 1, 1, 0, 1, 0, %s)
        """,
        [delivery_id, status],
    )
    connection.execute(
        "insert into ops.rejected_row (delivery_id, line_number, reason_code, column_name, raw_line, amount_yuan)"
        " values (%s, 2, 'bad_date', '发放日期', '420203196001019999', 100)",
        [delivery_id],
    )


def test_of_a_rejected_line_only_its_values_go(
    connection: psycopg.Connection, keep: Keep, tmp_path: Path
) -> None:
    add_rejected(connection, "used", "accepted")
    add_rejected(connection, "waiting", "held")
    connection.commit()
    assert keep(rejected_days=500)["拒收行的原文"] == 0
    assert keep(rejected_days=365)["拒收行的原文"] == 1
    rows = connection.execute(
        "select delivery_id, raw_line <> '', reason_code, amount_yuan from ops.rejected_row order by 1"
    ).fetchall()
    assert rows == [("used", False, "bad_date", 100), ("waiting", True, "bad_date", 100)]
    assert write_return_lists(connection, load_contracts(), tmp_path)


def test_the_last_answers_of_gates_and_the_words_of_operators_stay(
    connection: psycopg.Connection, keep: Keep
) -> None:
    add_rejected(connection, "waiting", "held")
    for gate, subject, suite, days in (
        ("landing", "used", "landing.payment", 2),
        ("landing", "used", "operator", 2),
        ("landing", "waiting", "landing.payment", 2),
        ("landing", "newer", "landing.payment", 1),
        ("release", "generation:1", "release", 2),
        ("release", "generation:2", "release", 1),
    ):
        connection.execute(
            """
            insert into ops.gate_result (gate, subject, suite, expectation, severity, success, checked_at)
            values (%s, %s, %s, 'e', 'critical', false, now() - %s * interval '1 day')
            """,
            [gate, subject, suite, days],
        )
    connection.commit()
    assert keep(gate_result_days=365)["检查结果"] == 2
    left = connection.execute("select subject, suite from ops.gate_result order by 1, 2").fetchall()
    assert left == [
        ("generation:2", "release"), ("newer", "landing.payment"), ("used", "operator"),
        ("waiting", "landing.payment"),
    ]  # fmt: skip


def test_logs_go_by_age_and_lineage_by_event(keep: Keep) -> None:
    folder = settings().log_dir
    folder.mkdir(parents=True)
    old, lineage = folder / "dbt.log.1", folder / "lineage.jsonl"
    old.write_text("old")
    os.utime(old, (0, 0))
    events = [{"eventTime": (NOW - timedelta(days=days)).isoformat()} for days in (200, 10)]
    lineage.write_text("".join(json.dumps(event) + "\n" for event in events))
    os.utime(lineage, (NOW.timestamp(), NOW.timestamp()))
    assert keep(is_dry_run=True)["日志文件与血缘事件"] == 2
    assert old.exists()
    assert keep()["日志文件与血缘事件"] == 2
    assert not old.exists()
    assert [json.loads(line) for line in lineage.read_text().splitlines()] == events[1:]


def test_batches_that_are_done_go_and_waiting_ones_stay(connection: psycopg.Connection, keep: Keep) -> None:
    for report_no in ("HD-1", None):
        connection.execute(
            """
            with batch as (insert into audit.batch (caller) values ('approval') returning batch_id)
            insert into audit.batch_item (batch_id, item_no, request, report_no)
            select batch_id, 1, '{}', %s from batch
            """,
            [report_no],
        )
    connection.commit()
    assert keep(is_dry_run=True, batch_days=401)["已办完的批量复核"] == 0
    assert keep(batch_days=180)["已办完的批量复核"] == 1
    assert connection.execute("select report_no from audit.batch_item").fetchall() == [(None,)]
