"""Alerts open once when something is wrong, are sent once, and close when it is right again."""

import json
import os
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psycopg
import pytest

from expectations.errors import CheckFault
from ingestion.contract import load_contracts
from ingestion.errors import IngestionError, RequestError
from ingestion.turns import take_turn
from warehouse.alerting import alerts, notify
from warehouse.database.connection import Warehouse
from warehouse.database.errors import GateClosed, MinzhengError, OutOfTurn, UsageError
from warehouse.database.settings import BUREAU_TIME, settings
from warehouse.pipeline.build import Build, _why_closed
from warehouse.pipeline.runs import accept, land, prepare

CONTRACTS = load_contracts()
# The schedule of every daily feed has come for the 30th of June.
NOW = datetime(2025, 7, 1, 8, 0, tzinfo=BUREAU_TIME)


@pytest.fixture
def database(database: Warehouse) -> Warehouse:
    """A database that knows the feeds."""
    prepare(database)
    return database


def deliver(database: Warehouse, feed: str, day: str, status: str = "accepted", days_after: int = 1) -> str:
    """A delivery in the ledger, landed so many days after the day it speaks of."""
    delivery_id = f"{feed}-{day}-full-01"
    with psycopg.connect(database.address) as connection:
        connection.execute(
            """
            insert into ops.delivery (
                delivery_id, system, feed, business_date, mode, sequence_no, file_name, sha256, layout_version,
                received_count, landed_count, rejected_count, repeated_count, status, landed_at
            ) values (%s, 'x', %s, %s, 'full', 1, 'f', 'x', 1, 0, 0, 0, 0, %s, %s::date + %s)
            """,
            [delivery_id, feed, day, status, day, days_after],
        )
    return delivery_id


def deliver_all(database: Warehouse, day: str, *left_out: str) -> None:
    for feed in CONTRACTS:
        if feed not in left_out:
            deliver(database, feed, day)


def judge(
    database: Warehouse, gate: str, subject: str, severity: str, rule_code: str | None = None, **observed: int
) -> None:
    with psycopg.connect(database.address) as connection:
        connection.execute(
            """
            insert into ops.gate_result (
                gate, subject, suite, expectation, description, severity, success, observed, rule_code
            ) values (%s, %s, 's', 'e', '说明', %s, false, %s, %s)
            """,
            [gate, subject, severity, json.dumps(observed), rule_code],
        )


def seen(database: Warehouse, now: datetime = NOW) -> list[tuple[str, str]]:
    alerts.update(database, now)
    with psycopg.connect(database.address) as connection:
        return [(alert.kind, alert.subject) for alert in alerts.open_alerts(connection)]


def test_nothing_is_late_before_anything_came(database: Warehouse) -> None:
    assert seen(database) == []


def test_a_feed_is_late_when_its_day_and_its_freshness_have_passed(database: Warehouse) -> None:
    deliver_all(database, "2025-06-30", "payment")
    deliver(database, "payment", "2025-06-28")  # not of the last day, but fresh enough: 3 days
    assert seen(database) == []
    assert seen(database, NOW.replace(day=2)) == [("late_feed", "payment")]
    deliver(database, "payment", "2025-07-01")
    assert seen(database, NOW.replace(day=2)) == []


def test_a_monthly_feed_is_not_late_before_its_schedule_comes_again(database: Warehouse) -> None:
    deliver_all(database, "2025-07-20", "company")
    deliver(database, "company", "2025-06-14")
    with psycopg.connect(database.address) as connection:
        connection.execute("update ops.feed set stale_after_days = 30 where feed = 'company'")
    # The schedule came on the first of July for the 30th of June, and 30 days have passed.
    assert seen(database, NOW.replace(day=20)) == [("late_feed", "company")]
    deliver(database, "company", "2025-06-30")
    assert seen(database, NOW.replace(day=21)) == []


def test_where_every_feed_is_late_there_is_one_alert(database: Warehouse) -> None:
    deliver_all(database, "2025-06-01")
    assert seen(database, NOW.replace(year=2026)) == [("late_feed", "all")]


def test_nobody_is_late_where_only_past_days_were_ever_taken_in(database: Warehouse) -> None:
    """An example of last year, taken in today: a newcomer's first status is not a list of alarms."""
    for feed in CONTRACTS:
        deliver(database, feed, "2025-06-01", days_after=200)
    assert seen(database, NOW.replace(year=2026)) == []
    deliver(database, "payment", "2025-06-02")  # a first one on its day: from now on there is a schedule
    assert seen(database, NOW.replace(year=2026)) == [("late_feed", "all")]


def told(database: Warehouse) -> list[tuple]:
    with psycopg.connect(database.address) as connection:
        return connection.execute(
            "select kind, detail, extent, raised_at from ops.alert where closed_at is null order by alert_id"
        ).fetchall()


def test_the_words_of_an_open_alert_follow_its_cause_and_its_age_does_not(database: Warehouse) -> None:
    deliver_all(database, "2025-06-30", "payment")
    deliver(database, "payment", "2025-06-25")
    assert seen(database) == [("late_feed", "payment")]
    ((_, before, extent, raised_at),) = told(database)
    assert "数据截至 2025-06-25，应有 2025-06-30" in before
    assert extent == 5
    deliver(database, "payment", "2025-06-27")
    deliver_all(database, "2025-07-01", "payment")
    assert seen(database, NOW.replace(day=2)) == [("late_feed", "payment")]
    ((_, after, extent, still),) = told(database)
    assert "数据截至 2025-06-27，应有 2025-07-01" in after
    assert (extent, still) == (4, raised_at)


def test_a_job_that_fails_otherwise_says_so(database: Warehouse) -> None:
    for error in (UsageError("no folder"), MinzhengError("no disk"), IngestionError("x"), CheckFault("y")):
        alerts.raise_failure(database, "job", error)
        assert [row[:3] for row in told(database)] == [("pipeline_failed", str(error), None)]


def test_the_schedule_is_read_by_the_clock_of_the_bureau() -> None:
    population = CONTRACTS["population"]  # 03:30
    assert str(alerts.due_day(population, NOW.replace(hour=3))) == "2025-06-29"
    assert str(alerts.due_day(population, NOW.replace(hour=4))) == "2025-06-30"


def test_a_held_delivery_is_told_until_it_is_accepted(database: Warehouse) -> None:
    deliver_all(database, "2025-06-30", "payment")
    held = deliver(database, "payment", "2025-06-30", status="held")
    judge(database, "landing", held, "critical")
    assert seen(database) == [("delivery_held", held)]
    assert seen(database) == [("delivery_held", held)]  # once
    accept(database, held, "对方已确认")
    with psycopg.connect(database.address) as connection:
        rows = connection.execute(
            "select kind, closed_at is not null from ops.alert where kind = 'delivery_held'"
        ).fetchall()
    assert rows == [("delivery_held", True)]


def refuse(database: Warehouse, delivery_id: str, day: str | None = "2025-06-30", content: str = "y") -> None:
    with psycopg.connect(database.address) as connection:
        connection.execute(
            """
            insert into ops.rejected_delivery (
                delivery_id, sha256, system, feed, business_date, file_name, reason_code, reason
            ) values (%s, %s, 'x', 'payment', %s, 'f', 'checksum', '校验不符')
            """,
            [delivery_id, content, day],
        )


@pytest.mark.parametrize(
    "refused", ["payment-2025-06-30-full-01", "payment-2025-06-30-full-00", "x/payment/20250630"]
)
def test_a_refused_delivery_is_told_until_one_of_its_day_lands(database: Warehouse, refused: str) -> None:
    """Under the same id, a new one, or that of a manifest that can be read at last."""
    deliver_all(database, "2025-06-30", "payment")
    deliver(database, "payment", "2025-06-29")  # landed before, and of another day
    refuse(database, refused)
    deliver(database, "population", "2025-07-01", days_after=10_000)  # of another feed
    assert seen(database) == [("delivery_refused", refused)]
    deliver(database, "payment", "2025-06-30", days_after=10_000)  # after it was refused, which is now
    assert seen(database) == []


@pytest.fixture
def folder(database: Warehouse, tmp_path: Path) -> Path:
    """A day's folder of an inbox, with a manifest that cannot be read."""
    folder = tmp_path / "assistance" / "payment" / "20250625"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text("{")
    return folder


def refusals_after_landing(database: Warehouse, inbox: Path, **narrowed: Any) -> list[str]:
    land(database, inbox, **narrowed)
    return [subject for kind, subject in seen(database) if kind == "delivery_refused"]


def test_a_refused_folder_is_told_until_a_landing_no_longer_meets_it(
    database: Warehouse, folder: Path
) -> None:
    inbox, refused = folder.parents[2], ["assistance/payment/20250625"]
    assert refusals_after_landing(database, inbox) == refused
    with database.connect() as connection:
        (told,) = alerts.open_alerts(connection)
    assert told.detail.startswith("清单文件有误：assistance/payment/20250625")
    (folder / "manifest.json").rename(folder / "aside")
    # Who did not look cannot know.
    assert refusals_after_landing(database, inbox, feeds={"population"}) == refused
    assert refusals_after_landing(database, inbox, through=date(2025, 6, 24)) == refused
    assert refusals_after_landing(database, inbox, since=date(2025, 6, 1)) == refused
    assert refusals_after_landing(database, inbox, is_dry_run=True) == refused
    assert refusals_after_landing(database, inbox) == []
    assert refusals_after_landing(database, inbox) == []
    (folder / "aside").rename(folder / "manifest.json")  # back as it was
    assert refusals_after_landing(database, inbox) == refused
    assert seen(database) == [("delivery_refused", refused[0])]


def test_a_folder_refused_for_another_reason_has_one_alert(database: Warehouse, folder: Path) -> None:
    inbox, refused = folder.parents[2], ["assistance/payment/20250625"]
    assert refusals_after_landing(database, inbox) == refused
    (folder / "manifest.json").write_text("[")
    assert refusals_after_landing(database, inbox, feeds={"payment"}) == refused
    (folder / "manifest.json").unlink()
    assert refusals_after_landing(database, inbox, feeds={"payment"}) == []


@pytest.mark.parametrize(
    ("observed", "element_count", "unexpected_count", "words"),
    [
        ({"value": 599, "min_value": 1206}, None, None, "说明（实测 599，应不少于 1,206）"),
        ({"value": 3, "max_count": 0}, 4000, 3, "说明（实测 3，应不多于 0）"),
        ({"value": 90, "min_count": 0, "max_count": 20}, 500, None, "说明（实测 90，应不多于 20）"),
        (
            {"value": 7.5, "min_value": 10, "max_value": 20.25},
            None,
            None,
            "说明（实测 7.5，应在 10 至 20.25 之间）",
        ),
        ({"mostly": 0.995, "min_value": 0}, 1340, 268, "说明（实测 1,072 / 1,340，应不少于 99.5%）"),
        ({"value": 35, "max_share": 0.2, "spared": 20}, 150, 35, "说明（实测 35 / 150，应不多于 20% 或 20）"),
        (None, 40, 30, "说明（实测 30 / 40）"),  # held by an earlier version, which kept no limit
        ({"value": 12}, None, None, "说明（实测 12）"),
        ({"max_value": 5}, None, None, "说明"),
        (None, None, None, "说明"),
    ],
)
def test_what_a_check_found_is_told_with_its_limits(
    database: Warehouse,
    observed: dict | None,
    element_count: int | None,
    unexpected_count: int | None,
    words: str,
) -> None:
    """Of a held delivery and of a closed release gate alike."""
    held = deliver(database, "payment", "2025-06-30", status="held")
    with psycopg.connect(database.address) as connection:
        for gate, subject in (("landing", held), ("release", "generation:1")):
            connection.execute(
                """
                insert into ops.gate_result (
                    gate, subject, suite, expectation, description, severity, success, observed, element_count,
                    unexpected_count
                ) values (%s, %s, 's', 'e', '说明', 'critical', false, %s, %s, %s)
                """,
                [
                    gate,
                    subject,
                    None if observed is None else json.dumps(observed),
                    element_count,
                    unexpected_count,
                ],
            )
    alerts.update(database, NOW)
    assert {kind: detail for kind, detail, *_ in told(database) if kind != "late_feed"} == {
        "delivery_held": words,
        "gate_closed": words,
    }


def test_the_error_of_a_closed_gate_says_what_its_last_answer_found(database: Warehouse) -> None:
    deliver(database, "payment", "2025-06-30")
    judge(database, "release", "generation:1", "critical", value=7, max_count=0)
    judge(database, "release", "generation:1", "critical", value=3, max_count=0)
    judge(database, "release", "generation:2", "critical", value=9, max_count=0)
    under_way = Build(1, date(2025, 6, 30), "", "", 1, False, "derive", None, NOW)
    assert "generation 1: 说明（实测 3，应不多于 0）. The former" in _why_closed(database, under_way)


def test_the_last_answer_of_the_release_gate_counts(database: Warehouse) -> None:
    judge(database, "release", "generation:1", "critical")
    assert seen(database) == [("gate_closed", "generation:1")]
    judge(database, "release", "generation:2", "warning", "A01", value=90, min_count=0, max_count=20)
    assert seen(database) == [("findings_jump", "A01")]
    judge(
        database, "release", "generation:3", "warning", "A01", value=5, min_value=9
    )  # coverage: no jump of findings
    assert seen(database) == []


def test_a_failed_job_is_told_until_it_works_without_the_words_of_the_database(database: Warehouse) -> None:
    for error in (IngestionError("no disk"), psycopg.errors.UniqueViolation("Key (id_number)=(42020319...)")):
        with pytest.raises(type(error)), alerts.failure_raises_alert(database, "job"):
            raise error
        assert seen(database) == [("pipeline_failed", "job")]
        with psycopg.connect(database.address) as connection:
            (detail,) = connection.execute("select detail from ops.alert where closed_at is null").fetchone()
        assert detail in ("no disk", "UniqueViolation")
        with alerts.failure_raises_alert(database, "job"):
            pass
        assert seen(database) == []


def test_a_closed_gate_is_no_failure(database: Warehouse) -> None:
    with pytest.raises(GateClosed), alerts.failure_raises_alert(database, "job"):
        raise GateClosed("closed")
    assert seen(database) == []


@pytest.mark.parametrize("mistyped", [RequestError("is accepted"), UsageError("no contract")])
def test_what_was_asked_wrong_at_a_terminal_is_no_failure_and_mends_none(
    database: Warehouse, monkeypatch: pytest.MonkeyPatch, mistyped: Exception
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)

    def ask() -> None:
        with pytest.raises(type(mistyped)), alerts.failure_raises_alert(database, "job"):
            raise mistyped

    ask()
    assert seen(database) == []
    with pytest.raises(MinzhengError), alerts.failure_raises_alert(database, "job"):
        raise MinzhengError("no disk")
    ask()
    assert [row[:2] for row in told(database)] == [("pipeline_failed", "no disk")]


@pytest.mark.parametrize(
    "error",
    [
        UsageError("/mnt/inbox is no folder"),
        UsageError("The program has changed since build 1 began"),
        OutOfTurn("Build 1 is no longer the one under way"),
        RequestError("no such delivery"),
    ],
)
def test_whatever_fails_where_nobody_sits_is_told(
    database: Warehouse, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: False, raising=False)
    with pytest.raises(type(error)), alerts.failure_raises_alert(database, "job"):
        raise error
    assert seen(database) == [("pipeline_failed", "job")]
    assert [detail for _, detail in (row[:2] for row in told(database))] == [str(error)]


@pytest.mark.parametrize(
    "statement",
    [
        "delete from ops.alert",
        "truncate ops.alert cascade",
        "update ops.alert set subject = ''",
        "update ops.alert set raised_at = now() - interval '1 day'",
        "update ops.alert set detail = '', closed_at = now()",
        "update ops.alert set closed_at = now(); update ops.alert set closed_at = null",
        "delete from ops.alert_notice",
    ],
)
def test_alerts_are_only_ever_closed(database: Warehouse, statement: str) -> None:
    judge(database, "release", "generation:1", "critical")
    alerts.update(database, NOW)
    with psycopg.connect(database.address) as connection, pytest.raises(psycopg.errors.RestrictViolation):
        connection.execute(statement.encode())


# Sending


@dataclass
class Received:
    """What a local receiver was sent; ``status`` is what it answers."""

    messages: list[str] = field(default_factory=list)
    status: int = 200


@contextmanager
def served(server: socketserver.BaseServer) -> Iterator[int]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def webhook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Received]:
    received = Received()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.messages.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.send_response(received.status)
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            """Quiet."""

    with served(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as port:
        monkeypatch.setenv("MINZHENG_ALERT_WEBHOOK_URL", f"http://127.0.0.1:{port}/secret-key")
        settings.cache_clear()
        yield received


@pytest.fixture
def mailbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Received]:
    """A mail server that speaks as much SMTP as a client needs."""
    received = Received()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 test\r\n")
            for line in self.rfile:
                command = line.strip().upper()
                if command == b"DATA":
                    self.wfile.write(b"354 go on\r\n")
                    body = b"".join(iter(self.rfile.readline, b".\r\n"))
                    received.messages.append(body.decode())
                self.wfile.write(b"221 bye\r\n" if command == b"QUIT" else b"250 ok\r\n")
                if command == b"QUIT":
                    return

    with served(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)) as port:
        monkeypatch.setenv("MINZHENG_ALERT_SMTP_HOST", "127.0.0.1")
        monkeypatch.setenv("MINZHENG_ALERT_SMTP_PORT", str(port))
        monkeypatch.setenv("MINZHENG_ALERT_EMAIL_TO", '["duty@example.cn"]')
        settings.cache_clear()
        yield received


def test_an_alert_is_sent_once_by_each_channel(
    database: Warehouse, webhook: Received, mailbox: Received
) -> None:
    judge(database, "release", "generation:1", "critical")
    alerts.update(database, NOW)
    alerts.update(database, NOW)
    (posted,) = webhook.messages
    assert json.loads(posted)["text"]["content"] == "发布检查未通过 generation:1: 说明"
    assert [alert["kind"] for alert in json.loads(posted)["alerts"]] == ["gate_closed"]
    (mailed,) = mailbox.messages
    assert "To: duty@example.cn" in mailed
    alerts.raise_failure(database, "job", MinzhengError("broken"))
    assert len(webhook.messages) == len(mailbox.messages) == 2
    assert "gate_closed" not in webhook.messages[1]


def test_an_open_alert_is_sent_again_when_it_is_twice_as_bad(database: Warehouse, webhook: Received) -> None:
    deliver_all(database, "2025-06-30", "payment")
    deliver(database, "payment", "2025-06-25")
    for day, messages in ((1, 1), (2, 1), (5, 1), (6, 2), (7, 2), (15, 2), (16, 3)):
        if day > 1:
            deliver_all(database, f"2025-07-{day - 1:02}", "payment")
        alerts.update(database, NOW.replace(day=day))
        assert len(webhook.messages) == messages, day
    assert "应有 2025-07-15 的交付" in json.loads(webhook.messages[-1])["text"]["content"]
    assert len(told(database)) == 1


def test_an_alert_told_before_its_extent_was_kept_is_told_once_more(
    database: Warehouse, webhook: Received
) -> None:
    deliver_all(database, "2025-06-30", "payment")
    deliver(database, "payment", "2025-06-25")
    alerts.update(database, NOW.replace(day=1))
    with database.connect() as connection:
        connection.execute("alter table ops.alert_notice disable trigger append_only")
        connection.execute("update ops.alert_notice set extent = null")
        connection.execute("alter table ops.alert_notice enable trigger append_only")
    for _ in range(2):
        alerts.update(database, NOW.replace(day=1))
        assert len(webhook.messages) == 2


def test_a_receiver_that_fails_is_logged_without_its_address_and_asked_again(
    database: Warehouse, webhook: Received, mailbox: Received, caplog: pytest.LogCaptureFixture
) -> None:
    webhook.status = 500
    judge(database, "release", "generation:1", "critical")
    alerts.update(database, NOW)
    assert "1 alerts could not be sent by webhook (HTTPStatusError)" in caplog.text
    assert "secret-key" not in caplog.text
    webhook.status = 200
    alerts.update(database, NOW)
    assert len(webhook.messages) == 2
    assert len(mailbox.messages) == 1


def test_who_is_sending_or_drips_holds_no_step_up(
    database: Warehouse, mailbox: Received, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(alerts, "SENDING_WAIT_SECONDS", 1)
    judge(database, "release", "generation:1", "critical")
    with database.connect() as another:
        take_turn(another, "alert")
        alerts.update(database, NOW)
    assert mailbox.messages == []
    assert "has the turn" in caplog.text

    class Dripping(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            with suppress(OSError):
                while True:
                    self.wfile.write(b"2")
                    time.sleep(0.05)

    monkeypatch.setattr(notify, "LONGEST_SECONDS", 0.5)
    dripping = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Dripping)
    dripping.daemon_threads = True
    with served(dripping) as port:
        monkeypatch.setenv("MINZHENG_ALERT_SMTP_PORT", str(port))
        settings.cache_clear()
        alerts.update(database, NOW)
    assert "1 alerts could not be sent by email (TimeoutError)" in caplog.text


def test_a_failure_is_sent_although_the_database_is_gone(webhook: Received) -> None:
    alerts.raise_failure(Warehouse("postgresql://nobody@127.0.0.1:1/none"), "job", MinzhengError("broken"))
    assert "broken" in webhook.messages[0]


def at_machine(database: Warehouse, kind: str) -> list[str]:
    """What stands of a kind after looking now."""
    with database.connect() as connection:
        alerts.compare(connection, {}, datetime.now(BUREAU_TIME))
        return [alert.detail for alert in alerts.open_alerts(connection) if alert.kind == kind]


def test_what_is_wrong_with_the_machine_is_told_until_it_is_well_again(
    database: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (
        ("BACKUP_FOLDER", str(tmp_path)),
        ("DISK_FREE_PERCENT", "99"),
        ("CERTIFICATES", '["/no"]'),
    ):
        monkeypatch.setenv(f"MINZHENG_{name}", value)
    settings.cache_clear()
    settings().anchors_file.parent.mkdir(parents=True, exist_ok=True)
    settings().anchors_file.write_text(
        json.dumps(
            {"anchored_at": "2025-01-01T00:00:00+00:00", "log_id": 1, "row_hash": "", "sm3": "", "lane": 0}
        )
    )
    os.utime(settings().anchors_file, (1, 1))
    assert at_machine(database, "backup_old") == ["最近一份整库备份完成于：从未"]
    damaged = tmp_path / "base" / "20250101T000000Z"
    damaged.mkdir(parents=True)
    (damaged / "backup.json").write_text('{"name": "/"}')
    (told,) = at_machine(database, "backup_old")  # and all else is looked at still
    assert "is damaged or was changed" in told
    assert at_machine(database, "certificate_ends") == ["无法查看（FileNotFoundError）"]
    assert len(at_machine(database, "log_unanchored")) == 1
    assert len(at_machine(database, "disk_low")) == 2  # of MINZHENG_HOME and of the backups
    monkeypatch.setenv("MINZHENG_DISK_FREE_PERCENT", "1")
    os.utime(settings().anchors_file)
    settings.cache_clear()
    assert at_machine(database, "disk_low") == []
    assert at_machine(database, "log_unanchored") == []
    # Another machine looks at other things, and closes none of these; this one does, once it names them no more.
    monkeypatch.delenv("MINZHENG_BACKUP_FOLDER")
    monkeypatch.delenv("MINZHENG_CERTIFICATES")
    monkeypatch.setenv("MINZHENG_MACHINE", "another")
    settings.cache_clear()
    assert len(at_machine(database, "backup_old")) == len(at_machine(database, "certificate_ends")) == 1
    monkeypatch.delenv("MINZHENG_MACHINE")
    settings.cache_clear()
    assert at_machine(database, "backup_old") == at_machine(database, "certificate_ends") == []


def test_what_cannot_be_looked_at_is_told_and_breaks_nothing(
    database: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A damaged line of anchors, a damaged word of a backup, a certificate that is none, a folder that is a file."""
    told = tmp_path / "backups" / "base" / "20250101T000000Z" / "backup.json"
    told.parent.mkdir(parents=True)
    told.write_text("{")
    (tmp_path / "no.pem").write_text("no certificate")
    monkeypatch.setenv("MINZHENG_BACKUP_FOLDER", str(tmp_path / "backups"))
    monkeypatch.setenv("MINZHENG_CERTIFICATES", json.dumps([str(tmp_path / "no.pem")]))
    settings.cache_clear()
    settings().anchors_file.parent.mkdir(parents=True, exist_ok=True)
    settings().anchors_file.write_text("{")
    for kind, said in (
        ("backup_old", "damaged"),
        ("certificate_ends", "无法查看"),
        ("log_unanchored", "anchor"),
    ):
        (detail,) = at_machine(database, kind)
        assert said in detail, kind
