"""Deliveries fetched from real systems: MariaDB, PostgreSQL, a file server, an object store, an interface over HTTP.

Costs about 15 s for the servers of a worker, which stand once.
"""

import gzip
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import chain
from pathlib import Path
from time import monotonic, sleep
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import botocore.session
import psycopg
import pytest
import sqlalchemy as sa
import yaml
from certificates import self_signed, speaking_tls
from foreign import SSHD, Cut, Interface, object_store, sshd
from hypothesis import given
from hypothesis import strategies as st
from landing_database import emptied
from own_layouts import column, described, key
from typer.testing import CliRunner

from cli.main import app
from ingestion.contract import Contract, load_contract
from ingestion.errors import ContractError, IngestionError, RequestError, SourceError
from ingestion.file_names import printable
from ingestion.landing import DeliveryResult, land_inbox
from ingestion.parquet_table import plain_text
from ingestion.pulling import bucket, database, delivery, plain, web
from ingestion.pulling import file_server as sftp
from ingestion.pulling import remote as copying
from ingestion.pulling import rows as rows_module
from ingestion.pulling.delivery import UNFINISHED, write_lines
from ingestion.pulling.mark import Kind, Mark, mark_from, text_of
from ingestion.pulling.pull import Pulled, Wish, look, pull
from ingestion.pulling.remote import Copied, RemoteFile, Taking, Why, Writer, copied
from ingestion.pulling.rows import columns
from ingestion.pulling.server import (
    DIALECTS,
    ApiSource,
    BucketSource,
    Cursor,
    DatabaseSource,
    FileSource,
    Window,
)
from ingestion.pulling.sign_in import SignIn, sign_in_of
from ingestion.raw_table import ensure_table
from ingestion.withdrawal import withdraw
from lab.mariadb import connected, installed, mariadb
from warehouse.database.connection import Warehouse
from warehouse.database.settings import BUREAU_TIME, PROJECT_ROOT, settings

DAY = date(2025, 6, 25)
NOW = datetime(2025, 6, 25, 23, 0, tzinfo=BUREAU_TIME)
TODAY = datetime.now(BUREAU_TIME)  # that of files
MOMENT = int(TODAY.timestamp())
ROOT = SignIn("root:root")
COLUMNS = [
    key("visit_no", "BH"),
    column("name", "XM", classification="name", custom={"type": "name"}),
    column("amount_yuan", "JE", logicalType="number", custom={"type": "yuan", "unit": "元"}),
    column("visited_on", "RQ", logicalType="date"),
    column("changed_at", "GXSJ", logicalType="timestamp"),
]
CURSOR = {"cursor": {"column": "GXSJ", "overlap": "2h"}}


@pytest.fixture(scope="session")
def mysql_certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """That of the server, which nobody signed: of its address alone, not of its name."""
    return self_signed(tmp_path_factory.mktemp("certificate"), "127.0.0.1")


@pytest.fixture(scope="session")
def mysql_port(tmp_path_factory: pytest.TempPathFactory, mysql_certificate: Path) -> Iterator[int]:
    if installed() is None:
        pytest.skip("MariaDB is not installed (Debian: mariadb-server): fetching from it is not tried")
    shown = f"--ssl-cert={mysql_certificate}", f"--ssl-key={mysql_certificate}"
    with mariadb(tmp_path_factory.mktemp("mariadb"), *shown) as port:
        yield port


class Visits:
    """A source of visits in MariaDB, its contract, and the warehouse it is fetched into."""

    def __init__(self, folder: Path, port: int, connection: psycopg.Connection) -> None:
        self.folder, self.inbox, self.connection = folder, folder / "inbox", connection
        self.inbox.mkdir()
        self.port = port
        with connected(port) as admin, admin.cursor() as cursor:
            cursor.execute("drop database if exists hydj")
            cursor.execute("create database hydj character set gbk")
        self.does(
            "create table T_ZF (BH bigint primary key, XM varchar(60) character set utf8mb4, JE decimal(12, 2), "
            "RQ date, GXSJ datetime(3) null, QT bit(1) null) "
        )
        self.contract = self.described(**CURSOR)
        ensure_table(connection, self.contract)
        connection.commit()

    def described(
        self,
        columns: list[dict[str, Any]] = COLUMNS,
        table: str = "T_ZF",
        host: str = "127.0.0.1",
        port: int | None = None,
        **words: Any,
    ) -> Contract:
        server = {
            "server": "hydj", "type": "mysql", "host": host, "port": port or self.port, "database": "hydj",
            "customProperties": [
                {"property": word, "value": value} for word, value in {"table": table, "tls": "off", **words}.items()
            ],
        }  # fmt: skip
        return contract_of(self.folder, "parquet", columns, server)

    def does(self, *statements: str) -> None:
        with connected(self.port, "hydj") as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    def adds(self, *rows: tuple[int, str, str]) -> None:
        """Number, name, time of change."""
        values = ", ".join(f"({no}, '{name}', {no}.5, '2025-06-01', {at}, 1)" for no, name, at in rows)
        self.does(f"insert into T_ZF values {values}")

    def pull(
        self, contract: Contract | None = None, sign_in: SignIn = ROOT, now: datetime = NOW, **wish: Any
    ) -> Pulled:
        return pulled(
            self.connection, contract or self.contract, sign_in, self.inbox, now, **{"day": DAY} | wish
        )

    def lands(self, contract: Contract | None = None) -> list[DeliveryResult]:
        return land_inbox(self.connection, {self.contract.feed: contract or self.contract}, self.inbox)

    def landed(self) -> list[tuple[Any, ...]]:
        return self.connection.execute(
            "select distinct visit_no, name, amount_yuan from raw.visit order by 1, 2"
        ).fetchall()


def pulled(
    connection: psycopg.Connection,
    contract: Contract,
    sign_in: SignIn,
    inbox: Path,
    now: datetime = NOW,
    **wish: Any,
) -> Pulled:
    wanted = Wish(**{"day": DAY} | wish)
    return pull(connection, {contract.feed: contract}, contract.feed, lambda _: sign_in, inbox, wanted, now)


def contract_of(
    folder: Path, file_format: str, columns: list[dict[str, Any]], server: dict[str, Any], **words: Any
) -> Contract:
    document = described(file_format, columns, **words)
    document["servers"].append(server)
    folder.mkdir(exist_ok=True)
    path = folder / "county__visit.yml"
    path.write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    return load_contract(path)


@pytest.fixture
def fresh(landing_database: Warehouse) -> Iterator[psycopg.Connection]:
    """Nothing was ever landed or fetched."""
    with emptied(landing_database) as connection:
        connection.execute("alter table ops.extraction disable trigger user")
        connection.execute("delete from ops.extraction")
        connection.execute("alter table ops.extraction enable trigger user")
        connection.execute(
            "insert into ops.feed (feed, system, title_zh, owner) values ('visit', 'county', '走访', '县') "
            "on conflict do nothing"
        )
        connection.commit()
        yield connection


@pytest.fixture
def visits(tmp_path: Path, mysql_port: int, fresh: psycopg.Connection) -> Visits:
    return Visits(tmp_path, mysql_port, fresh)


# Databases ------------------------------------------------------------------------------------


def test_first_everything_then_what_changed(visits: Visits) -> None:
    """And rows that were committed late, below the mark, come with the overlap."""
    visits.adds((1, "欧阳𠮷", "'2025-06-25 10:00:00'"), (2, "张三", "'2025-06-25 12:00:00.250'"))
    first = visits.pull()
    assert (first.mode, first.rows, first.delivery_id) == ("full", 2, "visit_20250625_full_01")
    assert [result.outcome for result in visits.lands()] == ["landed"]
    assert visits.landed() == [("1", "欧阳𠮷", "1.50"), ("2", "张三", "2.50")]
    visits.adds(
        (3, "李四", "'2025-06-25 13:00:00'"),
        (4, "迟到", "'2025-06-25 10:30:00'"),
        (5, "太早", "'2025-06-25 09:00:00'"),
    )
    second = visits.pull()
    assert (second.mode, second.rows) == ("delta", 3)  # 2, 3 and the one that is late
    assert second.lower == datetime(2025, 6, 25, 10, 0, 0, 250000)
    assert second.additions == ("QT",)
    assert [(result.outcome, result.landed_count, result.repeated_count) for result in visits.lands()][-1] == (
        "landed", 2, 1,
    )  # fmt: skip
    assert visits.pull().rows == 2  # what lies within the overlap, and nothing else


def test_a_row_without_a_time_is_never_forgotten(visits: Visits) -> None:
    visits.adds((1, "甲", "'2025-06-25 10:00:00'"))
    visits.pull()
    visits.lands()
    visits.adds((2, "乙", "null"))
    assert (visits.pull().rows, visits.pull().told) == (
        2,
        database.Told(2, NOW.replace(hour=10, tzinfo=None), 1, 0),
    )
    visits.lands()
    assert [number for number, *_ in visits.landed()] == ["1", "2"]


def test_the_mark_moves_with_what_landed_alone(visits: Visits) -> None:
    """Fetched and never landed, withdrawn, or refused: it is fetched again, and no row is lost or there twice."""
    visits.adds((1, "甲", "'2025-06-25 10:00:00'"))
    assert (visits.pull().delivery_id, visits.pull().delivery_id) == (
        "visit_20250625_full_01", "visit_20250625_full_02",
    )  # fmt: skip
    visits.lands()
    visits.adds((2, "乙", "'2025-06-25 20:00:00'"))
    gone = visits.pull()
    visits.lands()
    visits.adds((3, "丙", "'2025-06-26 02:00:00'"))
    visits.pull(day=DAY + timedelta(days=1), now=NOW + timedelta(days=1))
    visits.lands()
    assert gone.delivery_id is not None
    withdraw(visits.connection, gone.delivery_id, "取错了库", None, 1)
    visits.connection.commit()
    again = visits.pull(day=DAY + timedelta(days=1), now=NOW + timedelta(days=1))
    assert (again.rows, again.lower) == (3, datetime(2025, 6, 25, 8, 0))
    visits.lands()
    assert [number for number, *_ in visits.landed() if number == "2"] == ["2"]
    assert visits.pull(day=DAY + timedelta(days=1), now=NOW + timedelta(days=1)).lower == datetime(
        2025, 6, 26, 0, 0
    )


def test_what_is_deleted_is_found_by_the_full_that_is_due(visits: Visits) -> None:
    """By the day: a run of the same hour a week later is due, however long the last one took."""
    contract = visits.described(**CURSOR, snapshotEvery="7d")
    visits.adds((1, "甲", "'2025-06-25 10:00:00'"))
    today = datetime.now(BUREAU_TIME)
    visits.pull(contract, now=today)
    visits.lands()
    tomorrow = DAY + timedelta(days=1)
    assert visits.pull(contract, now=today + timedelta(days=6), day=tomorrow, is_dry_run=True).mode == "delta"
    assert visits.pull(contract, now=today + timedelta(days=7, minutes=-5), day=tomorrow).mode == "full"


def test_a_full_is_never_older_than_a_delta_of_its_day(visits: Visits) -> None:
    """Landing takes the full of a day before its deltas: what it no longer names would stay."""
    contract = visits.described(**CURSOR, snapshotEvery="7d")
    visits.adds((1, "甲", "'2025-06-25 10:00:00'"))
    visits.pull(contract)
    visits.lands()
    visits.pull(contract)
    visits.lands()
    with pytest.raises(RequestError, match="全量请在次日取"):
        visits.pull(contract, is_full=True)
    later = datetime.now(BUREAU_TIME) + timedelta(days=9)
    assert visits.pull(contract, now=later, is_dry_run=True).mode == "delta"
    assert visits.pull(contract, now=later, day=DAY + timedelta(days=1), is_dry_run=True).mode == "full"


def test_what_is_fetched_now_is_not_of_an_older_day(visits: Visits) -> None:
    visits.adds((1, "甲", "'2025-06-25 10:00:00'"))
    visits.pull()
    visits.lands()
    with pytest.raises(RequestError, match="所取的不能算作更早的 2025-06-24"):
        visits.pull(day=DAY - timedelta(days=1))
    assert (
        visits.pull(day=DAY - timedelta(days=1), may_be_later=True).delivery_id == "visit_20250625_delta_01"
    )


def test_what_lies_there_is_replaced_only_by_what_covers_it(visits: Visits) -> None:
    visits.adds((1, "甲", "'2025-06-01 10:00:00'"), (2, "乙", "'2025-06-25 10:00:00'"))
    visits.pull()
    visits.lands()
    visits.pull(since="2025-06-01", until="2025-06-02")
    with pytest.raises(RequestError, match="visit_20250625_delta_01：还在交换目录，尚未落地"):
        visits.pull()
    visits.lands()
    assert visits.pull().delivery_id == "visit_20250625_delta_02"
    assert visits.pull().delivery_id == "visit_20250625_delta_03"
    assert (
        len(list(visits.inbox.rglob("visit_*"))) == 3
    )  # the second took the place of the one that had not landed
    assert [result.outcome for result in visits.lands()].count("landed") == 1


def test_a_row_of_a_later_moment_holds_nothing_up(visits: Visits) -> None:
    """Dated 9999, or by a clock that runs ahead: it comes each time, is counted, and the others come as before."""
    visits.adds((1, "甲", "'9999-12-31 00:00:00'"))
    first = visits.pull()
    assert (first.upper, first.told and first.told.ahead) == (NOW.replace(tzinfo=None), 1)
    visits.lands()
    visits.adds((2, "乙", "'2025-06-25 22:30:00'"))
    assert visits.pull().rows == 2


def test_a_zero_date_is_no_day_and_comes_each_time(visits: Visits) -> None:
    visits.adds((1, "甲", "'2025-06-25 10:00:00'"))
    visits.pull()
    visits.lands()
    visits.adds((2, "乙", "'0000-00-00 00:00:00'"))
    second = visits.pull()
    assert (second.rows, second.told and second.told.without_cursor) == (2, 1)


def test_a_column_more_is_fetched_of_all_rows(visits: Visits) -> None:
    visits.adds((1, "甲", "'2025-06-25 10:00:00'"))
    visits.pull()
    visits.lands()
    wider = visits.described([*COLUMNS, column("flag", "QT")], **CURSOR)
    assert visits.pull(wider, day=DAY + timedelta(days=1)).mode == "full"


def test_an_older_version_without_a_source_is_told(visits: Visits) -> None:
    later = replace(visits.contract, first_day=DAY, earlier=(replace(visits.contract, source=None),))
    with pytest.raises(RequestError, match="2025-06-24 的契约没有写明从何处取"):
        visits.pull(later, day=DAY - timedelta(days=1))


MARKS = st.one_of(
    st.tuples(st.just("time"), st.datetimes(timezones=st.none() | st.just(BUREAU_TIME))),
    st.tuples(st.just("day"), st.dates()),
    st.tuples(st.just("number"), st.integers(-(10**20), 10**20).map(Decimal)),
    st.tuples(st.just("number"), st.decimals(allow_nan=False, allow_infinity=False, places=4)),
)


@given(MARKS)
def test_a_mark_comes_back_as_what_it_was(kept: tuple[Kind, Mark]) -> None:
    kind, mark = kept
    assert mark_from(text_of(mark), kind) == mark


def test_a_span_is_fetched_again(visits: Visits) -> None:
    visits.adds(
        (1, "甲", "'2025-06-01 10:00:00'"),
        (2, "乙", "'2025-06-10 10:00:00'"),
        (3, "丙", "'2025-06-20 10:00:00'"),
    )
    visits.pull()
    visits.lands()
    span = visits.pull(since="2025-06-05", until="2025-06-10")
    assert (span.mode, span.rows) == ("delta", 1)


def test_another_cursor_or_table_begins_anew(visits: Visits) -> None:
    visits.adds((1, "甲", "'2025-06-25 10:00:00'"))
    visits.pull()
    visits.lands()
    columns = [key("visit_no", "BH", custom={"type": "sequence"}), *COLUMNS[1:]]
    by_number = visits.described(columns, cursor={"column": "BH", "overlap": 1})
    assert visits.pull(by_number).mode == "full"
    visits.lands(by_number)
    visits.adds((2, "乙", "null"), (3, "丙", "null"))
    delta = visits.pull(by_number)
    assert (delta.mode, delta.rows, delta.lower, delta.upper) == ("delta", 3, 0, 3)


def test_what_cannot_be_read_is_told_and_nothing_is_delivered(visits: Visits) -> None:
    visits.adds((1, "甲", "'2025-06-25 10:00:00'"))
    with pytest.raises(SourceError, match=r"来源没有这些列：XB.*has no column XB"):
        visits.pull(visits.described([*COLUMNS, column("sex", "XB")], **CURSOR))
    with pytest.raises(SourceError, match="ProgrammingError 1146"):
        visits.pull(visits.described(table="T_QT", **CURSOR))
    visits.does("alter table T_ZF modify XM varbinary(60)")
    with pytest.raises(SourceError, match="列 XM 是二进制内容"):
        visits.pull()
    visits.does("alter table T_ZF modify XM varchar(60), modify GXSJ varchar(30)")
    with pytest.raises(SourceError, match="游标列 GXSJ 的类型与契约所说"):
        visits.pull()
    with pytest.raises(SourceError, match=r"OperationalError (1045|1698)"):
        visits.pull(sign_in=SignIn("root:falsch"))
    assert not [path for path in visits.inbox.rglob("*") if path.is_file()]


def test_the_values_of_an_old_system(visits: Visits) -> None:
    """Zero dates, empty texts, numbers as floats, a flag of one bit."""
    visits.does(
        "alter table T_ZF modify JE double",
        "insert into T_ZF values (1, '', 0.1, '0000-00-00', null, 1)",
        "insert into T_ZF values (2, 'NULL', 120, '2025-06-01', '2025-06-25 10:00:00', 0)",
    )
    contract = visits.described([*COLUMNS, column("flag", "QT")])
    ensure_table(visits.connection, contract)
    visits.connection.commit()
    assert visits.pull(contract).rows == 2
    (result,) = visits.lands(contract)
    assert (result.outcome, result.landed_count) == ("landed", 2)
    rows = visits.connection.execute(
        "select visit_no, name, amount_yuan, visited_on, flag from raw.visit order by 1"
    ).fetchall()
    assert rows == [("1", "", "0.1", "0000-00-00", "1"), ("2", "NULL", "120", "2025-06-01", "0")]


def test_outside_its_hours_a_source_is_left_alone(visits: Visits) -> None:
    contract = visits.described(**CURSOR, window="22:00-06:00")
    assert visits.pull(contract, now=NOW.replace(hour=5)).mode == "full"
    with pytest.raises(RequestError, match="只可在 22:00-06:00 取数"):
        visits.pull(contract, now=NOW.replace(hour=6))


def test_nothing_changes_at_the_source(visits: Visits) -> None:
    """And no lock stays."""
    visits.adds((1, "甲", "'2025-06-25 10:00:00'"))
    visits.pull()
    visits.does("set session lock_wait_timeout = 1", "alter table T_ZF comment = '可改'")


def test_killed_between_file_and_manifest(visits: Visits, monkeypatch: pytest.MonkeyPatch) -> None:
    visits.adds((1, "甲", "'2025-06-25 10:00:00'"))

    class Killed(BaseException):
        pass

    def kill(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", kill)
        with pytest.raises(Killed):
            visits.pull()
    assert [result.outcome for result in visits.lands()] == ["waiting"]
    assert visits.pull().delivery_id == "visit_20250625_full_02"
    assert "landed" in [result.outcome for result in visits.lands()]
    assert len(visits.landed()) == 1


def test_killed_in_the_middle_no_row_is_lost_and_none_comes_twice(
    visits: Visits, landing_database: Warehouse, tmp_path: Path
) -> None:
    """By SIGKILL, with rows on disk and more to come: its turn and its file are the next one's."""
    visits.adds(*((number, f"某{number}", "'2025-06-25 10:00:00'") for number in range(1, 10)))
    marker = tmp_path / "reading"
    words = [visits.contract.path, visits.inbox, landing_database.address, marker]
    child = subprocess.Popen([sys.executable, Path(__file__).with_name("pull_until_killed.py"), *words])
    gives_up = monotonic() + 60
    while not marker.exists():
        assert child.poll() is None
        assert monotonic() < gives_up
        sleep(0.1)
    child.kill()
    assert child.wait(10) == -signal.SIGKILL
    (left,) = [path for path in visits.inbox.rglob("*") if path.is_file()]
    assert left.name.startswith("."), "nobody takes it for a delivery"
    assert visits.lands() == []
    assert visits.pull().rows == 9
    assert [result.outcome for result in visits.lands()] == ["landed"]
    assert len(visits.landed()) == 9
    assert visits.connection.execute("select count(*) from raw.visit").fetchone() == (9,)
    assert not left.exists()


def test_a_line_that_is_cut_delivers_nothing(visits: Visits) -> None:
    names = "某" * 50
    visits.adds(*((number, names, "'2025-06-25 10:00:00'") for number in range(1, 3001)))
    cut = Cut(visits.port, 100_000)
    with pytest.raises(SourceError, match="Nothing was delivered") as failed:
        visits.pull(visits.described(port=cut.port, **CURSOR))
    assert names not in str(failed.value)
    assert not [path for path in visits.inbox.rglob("*") if path.is_file()]
    cut.after_bytes = 10_000_000
    assert visits.pull(visits.described(port=cut.port, **CURSOR)).rows == 3000
    cut.listener.close()


def test_a_certificate_nobody_signed_is_refused_and_a_known_one_taken(
    visits: Visits, mysql_certificate: Path
) -> None:
    visits.adds((1, "甲", "'2025-06-25 10:00:00'"))
    checked = visits.described(tls="verify", **CURSOR)
    with pytest.raises(SourceError, match="OperationalError"):
        visits.pull(checked)
    with pytest.raises(SourceError, match="OperationalError"):
        visits.pull(
            visits.described(tls="verify", host="localhost", **CURSOR),
            SignIn("root:root", str(mysql_certificate)),
        )
    with pytest.raises(SourceError, match="MINZHENG_SOURCE_AUTHORITY"):
        visits.pull(visits.described(tls="verify", **CURSOR), SignIn("root:root", "/nonexistent"))
    assert not [path for path in visits.inbox.rglob("*") if path.is_file()]
    assert visits.pull(checked, SignIn("root:root", str(mysql_certificate))).rows == 1


def test_a_table_without_transactions_that_changes_delivers_nothing(
    visits: Visits, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MyISAM gives no snapshot, whatever the transaction says."""
    visits.does("alter table T_ZF engine = MyISAM")
    visits.adds((1, "甲", "'2025-06-25 10:00:00'"))
    told = database.Table.told

    def then_somebody_writes(table: database.Table, now: datetime) -> database.Told:
        said = told(table, now)
        visits.adds((2, "乙", "'2025-06-25 11:00:00'"))
        return said

    monkeypatch.setattr(database.Table, "told", then_somebody_writes)
    with pytest.raises(SourceError, match="It told 1 rows and gave 2"):
        visits.pull()
    assert not [path for path in visits.inbox.rglob("*") if path.is_file()]


def test_look_tells_columns_without_a_row(visits: Visits) -> None:
    assert "QT" in look(visits.contract, lambda _: ROOT, NOW)
    assert visits.pull(is_dry_run=True).delivery_id is None
    assert not list(visits.inbox.iterdir())


def test_names_of_columns_are_repeated_as_far_as_they_can_be_shown(visits: Visits) -> None:
    visits.does(
        "alter table T_ZF add column `走\x1b访` int",
        *(f"alter table T_ZF add column c{n} int" for n in range(100)),
    )
    additions = visits.pull(is_dry_run=True).additions
    assert (additions[:3], additions[-2:], len(additions)) == (("QT", "…", "c0"), ("c97", "…"), 101)


@pytest.mark.parametrize(
    ("first", "state", "told"),
    [
        (1045, None, " 1045"),
        ("words", "28P01", " 28P01"),
        (10**11, None, ""),
        ("words", "张三", ""),
        ("x", None, ""),
    ],
)
def test_of_an_error_of_a_database_a_code_alone_is_repeated(first: Any, state: str | None, told: str) -> None:
    error = Exception(first)
    error.sqlstate = state  # type: ignore[attr-defined]
    assert database._code(error) == told


class Roster:
    """A source of visits in the shared PostgreSQL, and its contract."""

    def __init__(self, folder: Path, warehouse: Warehouse, connection: psycopg.Connection) -> None:
        self.folder, self.connection, self.place = folder, connection, warehouse.parameters
        self.sign_in = SignIn(f"{self.place['user']}:{self.place.get('password', '')}")
        self.does(
            'drop table if exists public."T_ZF"',
            'create table public."T_ZF" ("BH" int, "XM" text, "JE" numeric, "RQ" date, "GXSJ" timestamptz)',
        )
        self.contract = self.described()
        ensure_table(connection, self.contract)
        connection.commit()

    def does(self, *statements: str) -> None:
        for statement in statements:
            self.connection.execute(statement.encode())
        self.connection.commit()

    def adds(self, rows: int) -> None:
        self.does(
            "insert into public.\"T_ZF\" select n, '甲', n, '2025-06-01', '2025-06-25 10:00+08' "
            f"from generate_series(1, {rows}) n"
        )

    def described(self, tls: str = "off", **changes: str) -> Contract:
        server = {
            "server": "pg", "type": "postgres", "host": self.place["host"], "port": int(self.place["port"]),
            "database": self.place["dbname"], "schema": "public",
            "customProperties": [
                {"property": "query", "value": 'select * from public."T_ZF"'}, {"property": "tls", "value": tls},
                {"property": "cursor", "value": {"column": "GXSJ", "overlap": "1d"}},
            ],
        } | changes  # fmt: skip
        return contract_of(self.folder, "parquet", COLUMNS, server)

    def pull(self, contract: Contract | None = None, sign_in: SignIn | None = None) -> Pulled:
        return pulled(
            self.connection, contract or self.contract, sign_in or self.sign_in, self.folder / "inbox"
        )

    def lands(self) -> list[DeliveryResult]:
        return land_inbox(self.connection, {"visit": self.contract}, self.folder / "inbox")


@pytest.fixture
def roster(tmp_path: Path, fresh: psycopg.Connection, landing_database: Warehouse) -> Iterator[Roster]:
    made = Roster(tmp_path, landing_database, fresh)
    yield made
    made.does('drop table public."T_ZF"')


def test_postgresql_is_read_as_it_was_at_one_moment(
    roster: Roster, landing_database: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    roster.adds(7)
    told = database.Table.told

    def then_somebody_writes(table: database.Table, now: datetime) -> database.Told:
        said = told(table, now)
        with psycopg.connect(landing_database.address, autocommit=True) as other:
            other.execute(
                "insert into public.\"T_ZF\" values (8, '乙', 1, '2025-06-02', '2025-06-25 11:00+08')"
            )
        return said

    monkeypatch.setattr(database.Table, "told", then_somebody_writes)
    assert roster.pull().rows == 7
    monkeypatch.undo()
    roster.lands()
    assert roster.connection.execute("select count(*), min(changed_at) from raw.visit").fetchone() == (
        7, "2025-06-25T10:00:00+08:00",
    )  # fmt: skip
    assert roster.pull().rows == 8


def test_of_postgresql_too_a_certificate_is_checked(
    roster: Roster, server: Warehouse, open_folder: Path
) -> None:
    """One that nobody signed, or of another name, is refused; where its authority is named it is taken."""
    roster.adds(1)
    with speaking_tls(server, open_folder, "127.0.0.1") as certificate:
        known = replace(roster.sign_in, authority=str(certificate))
        here = roster.described(tls="verify", host="127.0.0.1")
        for contract, sign_in in (
            (here, roster.sign_in),
            (roster.described(tls="verify", host="localhost"), known),
        ):
            with pytest.raises(SourceError, match="OperationalError"):
                roster.pull(contract, sign_in)
        assert not list(roster.folder.rglob("*.parquet"))
        assert roster.pull(roster.described(tls="verify", host="127.0.0.1"), known).rows == 1
    with pytest.raises(SourceError, match="OperationalError"):
        roster.pull(roster.described(tls="verify", host="127.0.0.1"), known)  # it speaks no TLS any more


AWKWARD = ["", "null", 'say "a", b', "a\nb\r\n", "a\\Nb\\", "\t,;'", "欧阳𠮷", " x ", "\\."]
POSTGRESQL_VALUES = {
    "text": AWKWARD, "char(6)": AWKWARD[:2], "boolean": ["true", "false"], "smallint": ["7", "-7"],
    "numeric(12, 2)": ["0.10", "-1200.00"], "numeric": ["1e3", "NaN"], "real": ["0.1", "201"],
    "double precision": ["0.1", "201", "4.20222193405271e+17", "NaN"], "date": ["2025-06-01"],
    "timestamp": ["2025-06-01 10:00:00.25", "2025-06-01 00:00:00"], "time": ["10:00:00", "10:00:00.5"],
    "timestamptz": ["2025-06-01 10:00:00.25+08", "2025-06-01 00:00:00+08"], "interval": ["1 day 2 hours"],
    "json": ['{"a": [1, "甲"]}'], "jsonb": ['[{"a": 1.50}]'], "integer[]": ["{1,2,null}"], "text[]": ['{"a,b",""}'],
    "uuid": ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"], "inet": ["10.0.0.1"], "bit(3)": ["101"],
}  # fmt: skip
MYSQL_VALUES = {
    "text": AWKWARD, "varchar(60) character set gbk": ["某", "", 'a","b'], "char(6)": ["x", ""],
    "enum('甲', '乙')": ["甲"], "json": ['{"a": 1}'], "tinyint(1)": ["1", "0"], "int(6) zerofill": ["42"],
    "bigint unsigned": ["18446744073709551615"], "decimal(12, 2)": ["0.10", "-1200.00"], "float": ["0.1", "201"],
    "double": ["0.1", "201", "4.20222193405271e+17"], "date": ["2025-06-01", "0000-00-00"], "year": ["2025"],
    "datetime": ["2025-06-01 10:00:00", "2025-06-01 00:00:00", "0000-00-00 00:00:00"], "bit(1)": ["1", "0"],
    "datetime(6)": ["2025-06-01 10:00:00.25"], "timestamp": ["2025-06-01 10:00:00"], "time": ["10:00:00", "-800:00:01"],
}  # fmt: skip


def as_the_driver_says(
    connection: sa.Connection, headers: list[str], rows: sa.FromClause
) -> list[list[str | None]]:
    """Column by column, value by value."""
    found = connection.execute(sa.select(*map(sa.column, headers)).select_from(rows)).all()
    bits = {b"\0": "0", b"\1": "1"}
    return [
        [bits[value] if isinstance(value, bytes) else plain_text(value) for value in values]
        for values in zip(*found, strict=True)
    ]


def as_fetched(connection: sa.Connection, headers: list[str], rows: sa.FromClause) -> list[list[str | None]]:
    def texts(values: Sequence[Any], _: str) -> list[str | None]:
        return [str(value[0]) if isinstance(value, bytes) else plain_text(value) for value in values]

    found = list(columns(connection, headers, lambda what: sa.select(*what).select_from(rows), texts))
    return [list(chain(*(batch[place].to_pylist() for batch in found))) for place in range(len(headers))]


def awkward_table(values: dict[str, list[str]]) -> tuple[list[str], list[str], list[list[str | None]]]:
    """Names of columns, their types, and rows: each column's values from above, and nothing from there on."""
    longest = max(map(len, values.values()))
    by_column = [[*given, *[None] * (longest - len(given) + 1)] for given in values.values()]
    return (
        [f"c{n}" for n in range(len(values))],
        list(values),
        [list(row) for row in zip(*by_column, strict=True)],
    )


def test_postgresql_writes_what_its_driver_would_say(
    landing_database: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of every type, whatever stands in a text; batches end anywhere."""
    monkeypatch.setattr(rows_module, "ROWS_AT_ONCE", 2)
    headers, types, rows = awkward_table(POSTGRESQL_VALUES)
    described = ", ".join(f"{name} {kind}" for name, kind in zip(headers, types, strict=True))
    with landing_database.engine().connect() as connection:
        connection.exec_driver_sql(f"create temporary table awkward ({described})")
        for row in rows:
            values = dict(zip(headers, row, strict=True))
            slots = ", ".join(f"%({name})s" for name in headers)
            connection.exec_driver_sql(f"insert into awkward values ({slots})", values)
        wanted = as_the_driver_says(connection, headers, sa.table("awkward"))
        assert as_fetched(connection, headers, sa.table("awkward")) == wanted
        assert as_fetched(connection, ["c0"], sa.table("awkward")) == wanted[:1]


def test_mysql_writes_what_its_driver_would_say(visits: Visits, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows_module, "ROWS_AT_ONCE", 2)
    headers, types, rows = awkward_table(MYSQL_VALUES)
    described = ", ".join(f"{name} {kind} null" for name, kind in zip(headers, types, strict=True))
    address = f"mysql+pymysql://root:root@127.0.0.1:{visits.port}/hydj?charset=utf8mb4"
    engine = sa.create_engine(address, poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"create table awkward ({described}) character set utf8mb4")
        for row in rows:
            given = [
                int(value) if kind == "bit(1)" and value else value
                for kind, value in zip(types, row, strict=True)
            ]
            connection.exec_driver_sql(
                f"insert into awkward values ({', '.join(['%s'] * len(row))})", tuple(given)
            )
        wanted = as_the_driver_says(connection, headers, sa.table("awkward"))
        assert as_fetched(connection, headers, sa.table("awkward")) == wanted
        assert as_fetched(connection, ["c0"], sa.table("awkward")) == wanted[:1]


@pytest.mark.filterwarnings("error")
def test_what_ends_a_fetch_in_the_middle_is_told_as_it_is(
    roster: Roster, visits: Visits, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A full disk, say: neither driver has anything to add, and the server is rid of the session."""
    monkeypatch.setattr(rows_module, "ROWS_AT_ONCE", 2)
    roster.adds(2000)
    visits.adds(*((number, "甲", "'2025-06-25 10:00:00'") for number in range(1, 2001)))
    for contract, sign_in in ((roster.contract, roster.sign_in), (visits.contract, ROOT)):
        source = contract.source
        assert isinstance(source, DatabaseSource)
        with pytest.raises(OSError, match="full"), database.opened(source, sign_in) as connection:  # noqa: PT012
            for _ in database.Table(connection, source).batches():
                raise OSError("full")
    assert caplog.records == []
    open_still = "select count(*) from pg_stat_activity where query like 'copy (SELECT%'"
    assert roster.connection.execute(open_still).fetchone() == (0,)


def test_what_is_no_text_is_told(roster: Roster) -> None:
    roster.does('alter table public."T_ZF" alter "XM" type bytea using \'\\x41\'')
    roster.does("insert into public.\"T_ZF\" values (1, '\\x41', 1, '2025-06-01', '2025-06-25 10:00+08')")
    with pytest.raises(SourceError, match="列 XM 是二进制内容"):
        roster.pull()


@pytest.mark.parametrize("kind", sorted(DIALECTS))
def test_of_every_dialect_the_statements_can_be_written(kind: str, tmp_path: Path) -> None:
    """Oracle and SQL Server cannot be started here: what they would be asked is compiled by their dialect."""
    server = {
        "server": "other", "type": kind, "host": "db", "port": 1, "database": "hy", "schema": "hy", "serviceName": "hy",
        "customProperties": [
            {"property": "table", "value": "T_ZF"}, {"property": "tls", "value": "off"},
            {"property": "cursor", "value": {"column": "GXSJ", "overlap": "1d"}},
        ],
    }  # fmt: skip
    source = contract_of(tmp_path, "parquet", COLUMNS, server).source
    assert isinstance(source, database.DatabaseSource)
    table = database.Table(None, source, datetime(2025, 6, 1), datetime(2025, 6, 2))  # type: ignore[arg-type]
    statement = table._of([sa.column("BH")])
    text = str(statement.compile(dialect=sa.URL.create(source.dialect).get_dialect()()))
    quoted = {"mssql+pymssql": "[{}]", "mysql+pymysql": "`{}`"}.get(source.dialect, '"{}"')
    assert text.splitlines()[1] == f"FROM hy.{quoted.format('T_ZF')} "
    assert text.count(quoted.format("GXSJ")) == 3


# Interfaces -----------------------------------------------------------------------------------


@pytest.fixture
def interface(monkeypatch: pytest.MonkeyPatch) -> Iterator[Interface]:
    waited: list[float] = []
    monkeypatch.setattr(web.time, "sleep", waited.append)
    served = Interface()
    served.waited = waited  # type: ignore[attr-defined]
    yield served
    served.server.shutdown()


def page(*numbers: int, **more: Any) -> tuple[int, dict[str, str], bytes]:
    rows = [
        {"BH": n, "XM": "甲", "JE": 1, "RQ": "2025-06-01", "GXSJ": f"2025-06-25 1{n % 10}:00:00"}
        for n in numbers
    ]
    return 200, {}, json.dumps({"data": {"rows": rows, **more}}).encode()


@pytest.fixture
def asked(tmp_path: Path, interface: Interface, fresh: psycopg.Connection) -> Callable[..., Any]:
    def make(**words: Any) -> tuple[Contract, Callable[[], Pulled]]:
        said = {"items": "data.rows", **words}
        place = f"http://127.0.0.1:{interface.port}/visits{said.pop('path', '')}"
        server = {
            "server": "data_bureau", "type": "api", "location": place,
            "customProperties": [{"property": word, "value": value} for word, value in said.items()],
        }  # fmt: skip
        contract = contract_of(tmp_path, "jsonl", COLUMNS, server)
        ensure_table(fresh, contract)
        fresh.commit()
        sign_in = sign_in_of("data_bureau", "t0:ken")
        return contract, lambda: pulled(fresh, contract, sign_in, tmp_path / "inbox")

    return make


NUMBERED = {
    "page": {"parameter": "page", "first": 1, "sizeParameter": "size", "size": 2},
    "total": "data.total",
}


def test_pages_are_read_to_the_end_and_counted(
    asked: Callable[..., Any], interface: Interface, fresh: psycopg.Connection, tmp_path: Path
) -> None:
    contract, fetch = asked(**NUMBERED, since="from", cursor={"column": "GXSJ", "overlap": "1h"})
    interface.answers = [page(1, 2, total=3), page(3, total=3)]
    assert fetch().rows == 3
    assert [path for path, _ in interface.asked] == ["/visits?size=2&page=1", "/visits?size=2&page=2"]
    assert interface.asked[0][1]["Authorization"] == "Bearer t0:ken"
    (result,) = land_inbox(fresh, {"visit": contract}, tmp_path / "inbox")
    assert (result.outcome, result.landed_count) == ("landed", 3)
    interface.answers = [page(3, total=1)]
    delta = fetch()
    assert [path for path, _ in interface.asked][2:] == ["/visits?from=2025-06-25+12%3A00%3A00&size=2&page=1"]
    assert (delta.mode, delta.rows) == ("delta", 1)
    assert "from=2025-06-25+12%3A00%3A00" in interface.asked[-1][0]


def test_pages_may_hold_fewer_than_asked_for(asked: Callable[..., Any], interface: Interface) -> None:
    """An interface that gives a hundred at most, whatever is asked for."""
    _, fetch = asked(**NUMBERED)
    interface.answers = [page(1, total=3), page(2, total=3), page(3, total=3)]
    assert fetch().rows == 3


def test_half_a_character_is_left_to_landing(
    asked: Callable[..., Any], interface: Interface, fresh: psycopg.Connection, tmp_path: Path
) -> None:
    contract, fetch = asked()
    _, _, body = page(1, 2)
    interface.answers = [(200, {}, body.replace(b'"\\u7532"', b'"\\ud800"', 1))]
    assert fetch().rows == 2
    (result,) = land_inbox(fresh, {"visit": contract}, tmp_path / "inbox")
    assert (result.landed_count, result.rejected_count) == (1, 1)


def test_an_answer_that_says_it_failed_is_none(asked: Callable[..., Any], interface: Interface) -> None:
    _, fetch = asked(ok={"path": "code", "value": 0}, items="rows")
    interface.answers = [(200, {}, b'{"code": 500, "rows": []}')]
    with pytest.raises(SourceError, match="does not say 0 at code"):
        fetch()


def test_an_address_keeps_what_it_asks_and_a_key_stays_out_of_logs(
    asked: Callable[..., Any], interface: Interface, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    _, fetch = asked(auth="parameter appkey", parameters={"kind": "a"}, path="?table=T1")
    interface.answers = [page(1)]
    fetch()
    assert interface.asked[0][0] == "/visits?table=T1&kind=a&appkey=t0%3Aken"
    assert "t0" not in caplog.text


def test_by_what_the_last_answer_says(asked: Callable[..., Any], interface: Interface) -> None:
    _, fetch = asked(next={"path": "data.next", "parameter": "after"}, auth="header X-Key")
    interface.answers = [page(1, next="abc"), page(2, next=None)]
    assert fetch().rows == 2
    assert interface.asked[1][0] == "/visits?after=abc"
    for answers, told in (
        ([page(1)], "nothing at data.next"),
        ([page(1, next="abc"), page(2, next="abc")], "one that was read before"),
    ):
        interface.answers = answers
        with pytest.raises(SourceError, match=told):
            fetch()
    assert interface.asked[0][1]["X-Key"] == "t0:ken"


def test_too_busy_or_out_of_order_for_now_is_asked_again(
    asked: Callable[..., Any], interface: Interface
) -> None:
    _, fetch = asked(**NUMBERED)
    interface.answers = [
        (429, {"Retry-After": "7"}, b""), (500, {}, b"oops"), (200, {}, b'{"data": {"ro'), page(1, total=1),
    ]  # fmt: skip
    assert fetch().rows == 1
    waited = [round(wait) for wait in interface.waited if wait >= 1]  # type: ignore[attr-defined]
    assert waited == [7, 14, 28]


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ([(401, {}, b"")], "HTTP 401"),
        ([(503, {}, b"")], "HTTP 503"),
        ([(200, {}, b"<html>")], "no JSON"),
        ([(200, {}, b'{"data": {"rows": {}}}')], "no list of objects at data.rows"),
        ([page(1, 2)], "no number of rows at data.total"),
        ([page(1, 2, total="110101199003070000")], "no number of rows at data.total"),
        ([page(1, 2, total=9), page(1, 2, total=9)], "Two pages are the same"),
        ([page(1, 2, total=9), page(3, total=9), page(total=9)], "says there are 9 rows and gave 3"),
        ([(200, {}, b"[" * 100_000)], "no JSON"),
        (
            [(200, {}, b'{"data": {"rows": [{"GXSJ": "gestern"}], "total": 1}}')],
            "has a value that is no time",
        ),
        ([page(1, 2, total=9), page(3, total=8)], "changed while it was read"),
        ([(302, {"Location": "http://elsewhere/"}, b"")], "HTTP 302"),
    ],
)
def test_what_is_no_answer_delivers_nothing(
    asked: Callable[..., Any], interface: Interface, tmp_path: Path, answers: list[Any], told: str
) -> None:
    _, fetch = asked(**NUMBERED, since="from", cursor={"column": "GXSJ", "overlap": "1h"})
    interface.answers = answers
    with pytest.raises(SourceError, match=told) as caught:
        fetch()
    assert "t0:ken" not in str(caught.value)
    assert not [path for path in (tmp_path / "inbox").rglob("*") if path.is_file()]


def test_who_signs_in_is_told_to_no_other_server(asked: Callable[..., Any], interface: Interface) -> None:
    _, fetch = asked(next="data.next")
    interface.answers = [page(1, next="http://elsewhere.example/2"), page(2, next=None)]
    with pytest.raises(SourceError, match="on another server"):
        fetch()
    interface.answers = [page(1, next="http://[张三"), page(2, next=None)]
    with pytest.raises(SourceError, match="at what is no address") as told:
        fetch()
    assert "张三" not in str(told.value)


def test_what_an_interface_sends_has_bounds(
    asked: Callable[..., Any], interface: Interface, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, fetch = asked(next={"path": "data.next", "parameter": "after"})
    packed = gzip.compress(b'{"data": {"rows": [], "next": "' + b"9" * web.MOST_ANSWER_BYTES + b'"}}')
    assert len(packed) < 1 << 20
    interface.answers = [(200, {"Content-Encoding": "gzip"}, packed)]
    with pytest.raises(SourceError, match="larger than 64 MiB"):
        fetch()
    monkeypatch.setattr(web, "MOST_EMPTY_PAGES", 2)
    interface.answers = [page(1, next="a"), *(page(next=each) for each in "bcde"), page(2, next=None)]
    with pytest.raises(SourceError, match="2 pages in a row are empty"):
        fetch()
    monkeypatch.setattr(web, "MOST_EMPTY_PAGES", 4)
    interface.answers = [page(1, next="a"), *(page(next=each) for each in "bcde"), page(2, next=None)]
    assert fetch().rows == 2
    monkeypatch.setattr(web, "LONGEST_ANSWER_SECONDS", -1)
    interface.answers = [page(1, next=None)]
    with pytest.raises(SourceError, match="ReadTimeout"):
        fetch()


def test_a_disk_that_fills_ends_the_fetching_and_keeps_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A twentieth stays free, where an alert tells of less than a tenth."""
    free = [6, 5, 4]
    monkeypatch.setattr(
        plain.shutil, "disk_usage", lambda _: SimpleNamespace(total=100, free=free[0], used=0)
    )
    monkeypatch.setattr(delivery, "LOOK_ROWS", 2)
    folder, rows = tmp_path / "county" / "visit", [{"a": number} for number in range(4)]
    assert write_lines(folder, rows).rows == 4

    def told() -> Iterator[dict[str, object]]:
        for row in rows:
            yield row
            free[:] = free[1:] or free

    with pytest.raises(IngestionError, match="nearly full"):
        write_lines(folder, told())
    assert list(folder.iterdir()) == []
    assert copied(Hostile(RemoteFile("a.csv", 3, 1)), folder, Taking(TODAY)).left == {Why.NO_ROOM: ["a.csv"]}


# File servers ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def file_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Path, Path]]:
    if not Path(SSHD).exists():
        pytest.skip(
            "OpenSSH's server is not installed (Debian: openssh-server): fetching from it is not tried"
        )
    folder = tmp_path_factory.mktemp("sshd")
    folder.chmod(0o755)
    with sshd(folder) as server:
        yield server


def test_files_are_copied_once_and_manifests_last(
    tmp_path: Path,
    file_server: tuple[int, Path, Path],
    fresh: psycopg.Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    port, host_keys, mine = file_server
    remote = tmp_path / "remote"
    day = remote / "20250625"
    day.mkdir(parents=True)
    (day / "visit_20250625_full_01.csv").write_text("BH,XM,JE,RQ,GXSJ\n1,甲,1,2025-06-01,\n")
    (day / "manifest.json").write_text("{}")
    (day / ".upload").write_text("x")
    (day / "link.csv").symlink_to(day / "manifest.json")
    server = {"server": "files", "type": "sftp", "location": f"sftp://127.0.0.1:{port}{remote}"}
    contract = contract_of(tmp_path, "csv", COLUMNS, server, delimiter=",")
    import getpass

    sign_in = SignIn(f"{getpass.getuser()}:", host_keys=str(host_keys), key=str(mine))
    inbox = tmp_path / "inbox"
    (day / "deep").mkdir()
    (remote / "走访\u3000名单.csv").write_text("BH")
    (remote / "走\n访.csv").write_text("BH")
    monkeypatch.setattr(sftp, "STRETCH_BYTES", 3 << 15)
    (remote / "long.csv").write_bytes(long := os.urandom(1_000_000))
    found = pulled(fresh, contract, sign_in, inbox, TODAY)
    assert set(found.files) == {
        "20250625/visit_20250625_full_01.csv", "20250625/manifest.json", "long.csv", printable("走访\u3000名单.csv"),
    }  # fmt: skip
    assert found.files[-1] == "20250625/manifest.json"
    assert found.left == {
        Why.DEEPER: ("20250625/deep",), Why.LINK: ("20250625/link.csv",), Why.NAME: (printable("走\n访.csv"),),
    }  # fmt: skip
    assert (inbox / "county/visit/20250625/visit_20250625_full_01.csv").read_text().startswith("BH,XM")
    assert (inbox / "county/visit/long.csv").read_bytes() == long
    assert pulled(fresh, contract, sign_in, inbox, TODAY).files == ()
    (day / "manifest.json").write_text("{ }")
    assert pulled(fresh, contract, sign_in, inbox, TODAY).files == ("20250625/manifest.json",)
    (remote / os.fsdecode("走访.csv".encode("gbk"))).write_text("BH")
    with pytest.raises(SourceError, match="OddAnswer"):
        pulled(fresh, contract, sign_in, inbox, TODAY)
    unknown = tmp_path / "nobody_known"
    unknown.write_text("")
    with pytest.raises(SourceError, match="文件服务器不能使用"):
        pulled(fresh, contract, SignIn(sign_in.said, host_keys=str(unknown), key=str(mine)), inbox)


class Hostile:
    """Lists what a test says, and sends what it likes."""

    def __init__(self, *listed: RemoteFile, sent: bytes = b"abc", pieces: int = 1) -> None:
        self.listed, self.sent, self.pieces = listed, sent, pieces
        self.asked = 0

    def files(self) -> Iterator[RemoteFile]:
        yield from self.listed

    def fetch(self, file: RemoteFile, into: Writer) -> bool:
        for _ in range(self.pieces):
            self.asked += 1
            into.write(self.sent)
        return True


@pytest.mark.parametrize(
    ("file", "taking", "why"),
    [
        (RemoteFile("a.csv", 3, 1), Taking(TODAY), None),
        (RemoteFile("a\u3000b\u00a0c.csv", 3, 1), Taking(TODAY), None),
        (RemoteFile("a\x1bb.csv", 3, 1), Taking(TODAY), Why.NAME),
        (RemoteFile("a\u202eb.csv", 3, 1), Taking(TODAY), Why.NAME),
        (RemoteFile("../a.csv", 3, 1), Taking(TODAY), Why.NAME),
        (RemoteFile("访" * 84, 3, 1), Taking(TODAY), None),
        (RemoteFile("访" * 85, 3, 1), Taking(TODAY), Why.NAME),
        (RemoteFile("20250625/a/b.csv", 3, 1), Taking(TODAY), Why.DEEPER),
        (RemoteFile("a.csv", 3, MOMENT + 400), Taking(TODAY), None),  # whole, a manifest says
        (RemoteFile("a.csv", 3, MOMENT + 400), Taking(TODAY, timedelta(seconds=10)), Why.AHEAD),
        (RemoteFile("a.csv", 3, MOMENT + 200), Taking(TODAY, timedelta(seconds=10)), Why.RECENT),
        (RemoteFile("a.csv", 3, MOMENT - 9), Taking(TODAY, timedelta(seconds=10)), Why.RECENT),
        (RemoteFile("a.csv", 3, MOMENT - 11), Taking(TODAY, timedelta(seconds=10)), None),
        (RemoteFile("a.csv", 3, 1), Taking(TODAY, largest=3), None),
        (RemoteFile("a.csv", 4, 1), Taking(TODAY, largest=3), Why.TOO_LARGE),
        (RemoteFile("a.csv", 1 << 62, 1), Taking(TODAY), Why.NO_ROOM),
        (RemoteFile("a.csv", 2, 1), Taking(TODAY), Why.CHANGED),
        (RemoteFile("a.csv", 4, 1), Taking(TODAY), Why.CHANGED),
    ],
)
def test_what_is_not_taken_is_told_with_its_reason(
    tmp_path: Path, file: RemoteFile, taking: Taking, why: Why | None
) -> None:
    found = copied(Hostile(file), tmp_path / "in", taking)
    assert found == (Copied([file.place]) if why is None else Copied([], {why: [file.place]}))
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [path.read_bytes() for path in written] == ([b"abc"] if why is None else [])


def test_what_is_sent_beyond_what_was_listed_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    endless = Hostile(RemoteFile("a.csv", 3, 1), pieces=1000)
    assert copied(endless, tmp_path / "in", Taking(TODAY)).left == {Why.CHANGED: ["a.csv"]}
    assert endless.asked == 2

    class Broken(Hostile):
        def fetch(self, file: RemoteFile, into: Writer) -> bool:
            into.write(b"a")
            raise OSError("cut")

    with pytest.raises(OSError, match="cut"):
        copied(Broken(RemoteFile("a.csv", 3, 1)), tmp_path / "in", Taking(TODAY))
    assert list((tmp_path / "in").iterdir()) == []
    monkeypatch.setattr(copying, "MOST_LISTED", 2)
    many = [RemoteFile(f"{number}.csv", 3, 1) for number in range(3)]
    assert len(copied(Hostile(*many[:2]), tmp_path / "in", Taking(TODAY)).places) == 2
    with pytest.raises(copying.TooManyFiles):
        copied(Hostile(*many), tmp_path / "in", Taking(TODAY))


@pytest.mark.parametrize("linked", ["county", "county/visit", "county/visit/20250625"])
def test_nothing_is_written_through_a_link(tmp_path: Path, linked: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    link = tmp_path / "inbox" / linked
    link.parent.mkdir(parents=True)
    link.symlink_to(elsewhere)
    file = RemoteFile("20250625/a.csv", 3, 1)
    folder = tmp_path / "inbox" / "county" / "visit"
    with pytest.raises(IngestionError, match="is a link"):
        copied(Hostile(file), folder, Taking(TODAY))
    assert list(elsewhere.iterdir()) == []
    if linked != "county/visit/20250625":
        with pytest.raises(IngestionError, match="is a link"):
            write_lines(folder, [{"a": 1}])
        assert list(elsewhere.iterdir()) == []


def test_an_unfinished_file_that_is_a_link_is_replaced(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.write_text("kept")
    folder = tmp_path / "in"
    folder.mkdir()
    for name in (".a.csv", UNFINISHED):
        (folder / name).symlink_to(kept)
    assert copied(Hostile(RemoteFile("a.csv", 3, 1)), folder, Taking(TODAY)).places == ["a.csv"]
    assert write_lines(folder, [{"a": 1}]).path.read_text() == '{"a": 1}\n'
    assert kept.read_text() == "kept"
    # Departments' records are nobody else's on the machine.
    assert {path.stat().st_mode & 0o007 for path in (folder / "a.csv", folder / UNFINISHED)} == {0}


# Object stores --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def object_store_address() -> Iterator[str]:
    with object_store() as address:
        yield address


@pytest.fixture
def exchange(object_store_address: str) -> Iterator[Any]:
    """A bucket called exchange, as a client that may write there; empty."""
    session = botocore.session.Session()
    client = session.create_client(
        "s3", "us-east-1", endpoint_url=object_store_address, aws_access_key_id="k", aws_secret_access_key="s"
    )
    client.create_bucket(Bucket="exchange")
    yield client
    for found in client.list_objects_v2(Bucket="exchange").get("Contents", []):
        client.delete_object(Bucket="exchange", Key=found["Key"])
    client.delete_bucket(Bucket="exchange")
    client.close()


def in_bucket(folder: Path, endpoint: str, location: str = "s3://exchange/out/visit") -> Contract:
    server = {"server": "store", "type": "s3", "endpointUrl": endpoint, "location": location}
    return contract_of(folder, "csv", COLUMNS, server, delimiter=",")


def test_of_an_object_store_too_a_certificate_is_checked(tmp_path: Path, fresh: psycopg.Connection) -> None:
    certificate, inbox = self_signed(tmp_path, "127.0.0.1"), tmp_path / "inbox"
    known = SignIn("k:s", str(certificate))
    with object_store(certificate) as address:
        session = botocore.session.Session()
        client = session.create_client(
            "s3", "us-east-1", endpoint_url=address, aws_access_key_id="k", aws_secret_access_key="s",
            verify=str(certificate),
        )  # fmt: skip
        client.create_bucket(Bucket="exchange")
        client.put_object(Bucket="exchange", Key="out/visit/20250625/manifest.json", Body=b"{}")
        client.close()
        elsewhere = address.replace("127.0.0.1", "localhost")
        for endpoint, sign_in in ((address, SignIn("k:s")), (elsewhere, known)):
            with pytest.raises(SourceError, match="SSLError"):
                pulled(fresh, in_bucket(tmp_path, endpoint), sign_in, inbox, TODAY)
        assert not inbox.exists()
        assert pulled(fresh, in_bucket(tmp_path, address), known, inbox, TODAY).files == (
            "20250625/manifest.json",
        )


def test_objects_are_copied_once_and_manifests_last(
    tmp_path: Path, object_store_address: str, exchange: Any, fresh: psycopg.Connection
) -> None:
    def put(key: str, text: str) -> None:
        exchange.put_object(Bucket="exchange", Key=f"out/visit/{key}", Body=text.encode())

    put("20250625/visit_20250625_full_01.csv", "BH,XM,JE,RQ,GXSJ\n1,甲,1,2025-06-01,\n")
    put("20250625/manifest.json", "{}")
    for passed_over in ("20250625/.upload", "20250625/../../escaped.csv", "20250625/a/deep.csv", "20250625/"):
        put(passed_over, "x")
    exchange.put_object(Bucket="exchange", Key="out/visit_of_others/20250625/x.csv", Body=b"x")
    contract = in_bucket(tmp_path, object_store_address)
    sign_in, inbox = SignIn("k:s"), tmp_path / "inbox"
    assert pulled(fresh, contract, sign_in, inbox, TODAY, is_dry_run=True).rows == 2
    looked = look(contract, lambda _: sign_in, TODAY)
    assert looked.startswith(f"可用 reached, 2 个文件 files；1 {Why.NAME.value}；1 {Why.DEEPER.value}")
    found = pulled(fresh, contract, sign_in, inbox, TODAY)
    assert found.files == ("20250625/visit_20250625_full_01.csv", "20250625/manifest.json")
    assert (inbox / "county/visit/20250625/visit_20250625_full_01.csv").read_text().startswith("BH,XM")
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 3, "with the contract"
    assert pulled(fresh, contract, sign_in, inbox, TODAY).files == ()
    put("20250625/manifest.json", "{ }")
    assert pulled(fresh, contract, sign_in, inbox, TODAY).files == ("20250625/manifest.json",)


def test_an_object_written_anew_while_it_is_copied_waits(
    tmp_path: Path, object_store_address: str, exchange: Any
) -> None:
    source = in_bucket(tmp_path, object_store_address).source
    assert isinstance(source, BucketSource)
    exchange.put_object(Bucket="exchange", Key="out/visit/a.csv", Body=b"first")

    class Slow:
        """Whose files are written anew by their sender once they are listed."""

        def __init__(self, remote: bucket.Bucket) -> None:
            self._remote = remote
            self.fetch = remote.fetch

        def files(self) -> Iterator[RemoteFile]:
            yield from list(self._remote.files())
            exchange.put_object(Bucket="exchange", Key="out/visit/a.csv", Body=b"again")

    with bucket.opened(source, SignIn("k:s")) as remote:
        assert copied(Slow(remote), tmp_path / "in", Taking(TODAY)).left == {Why.CHANGED: ["a.csv"]}
        assert list((tmp_path / "in").iterdir()) == []
        assert copied(remote, tmp_path / "in", Taking(TODAY)) == Copied(["a.csv"])
    assert (tmp_path / "in" / "a.csv").read_bytes() == b"again"


LISTED = "<Key>out/visit/a.csv</Key><Size>3</Size><LastModified>2025-06-25T10:00:00Z</LastModified>"


@pytest.mark.parametrize(
    ("status", "answer", "told"),
    [
        (403, "<Error><Code>AccessDenied</Code></Error>", "AccessDenied"),
        (403, "<Error><Code>张三 110101199003070000\nforged line</Code></Error>", "ClientError"),
        (403, "<Error><Code>110101199003070000</Code></Error>", "ClientError"),
        (403, f"<Error><Code>{'A' * 41}</Code></Error>", "ClientError"),
        (200, f"<ListBucketResult><Contents>{LISTED}</Contents></ListBucketResult>", "OddAnswer"),  # no ETag
        (200, "<ListBucketResult><Contents><ETag>e</ETag></Contents></ListBucketResult>", "OddAnswer"),
        (
            200,
            f"<ListBucketResult><Contents>{LISTED.replace('2025-06-25T10:00:00Z', '张三')}</Contents>"
            "</ListBucketResult>",
            "OddAnswer",
        ),
        (
            200,
            f"<ListBucketResult><Contents>{LISTED.replace('>3<', '>many<')}</Contents></ListBucketResult>",
            "OddAnswer",
        ),
    ],
)
def test_of_what_an_object_store_says_no_word_is_repeated(
    tmp_path: Path, interface: Interface, status: int, answer: str, told: str
) -> None:
    interface.answers = [(status, {"Content-Type": "application/xml"}, answer.encode())]
    contract = in_bucket(tmp_path, f"http://127.0.0.1:{interface.port}")
    with pytest.raises(SourceError, match=f"对象存储不能使用（{told}）") as refused:
        look(contract, lambda _: SignIn("k:s"), NOW)
    assert not re.search("张三|1101|\n|AAAA", str(refused.value))


def test_an_object_store_that_refuses_or_breaks_off_is_told(
    tmp_path: Path, object_store_address: str, exchange: Any, fresh: psycopg.Connection
) -> None:
    inbox, sign_in = tmp_path / "inbox", SignIn("key:hidden-secret")
    nowhere = in_bucket(tmp_path, object_store_address, "s3://nobody/out")
    with pytest.raises(SourceError, match=r"对象存储不能使用（NoSuchBucket）") as told:
        pulled(fresh, nowhere, sign_in, inbox)
    assert "hidden-secret" not in str(told.value)
    exchange.put_object(Bucket="exchange", Key="out/visit/big.csv", Body=b"x" * 1_000_000)
    cut = Cut(urlsplit(object_store_address).port or 0, after_bytes=200_000)
    with pytest.raises(SourceError, match="对象存储不能使用"):
        pulled(fresh, in_bucket(tmp_path, f"http://127.0.0.1:{cut.port}"), sign_in, inbox, TODAY)
    assert [path for path in inbox.rglob("*") if path.is_file()] == [], "nothing of it is left"
    assert pulled(fresh, in_bucket(tmp_path, object_store_address), sign_in, inbox, TODAY).files == (
        "big.csv",
    )


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ({"page": {"parameter": "p"}}, "say where an answer tells how many rows there are"),
        ({"page": {"parameter": "p", "first": "one"}, "total": "n"}, "expected a whole number from 0"),
        ({"next": {"pth": "x"}}, "expected {path: ..., parameter: ...}"),
        ({"next": ["a"]}, "expected {path: ..., parameter: ...}"),
        ({"since": "from"}, "cursor and since go together"),
        ({"auth": "digest"}, "expected bearer, basic, none"),
    ],
)
def test_what_a_contract_says_of_an_interface_is_heard_or_refused(
    tmp_path: Path, words: dict[str, Any], told: str
) -> None:
    server = {
        "server": "data_bureau", "type": "api", "location": "https://data.example/x",
        "customProperties": [{"property": word, "value": value} for word, value in words.items()],
    }  # fmt: skip
    with pytest.raises(ContractError, match=re.escape(told)):
        contract_of(tmp_path, "jsonl", COLUMNS, server)


# Contracts ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "words", "told"),
    [
        ({}, {"tabel": "T"}, "tabel is no word of a server of type mysql. Did you mean table?"),
        ({}, {}, "name the table, or write the query"),
        (
            {},
            {"table": "T", "cursor": {"column": "YYYY", "overlap": "1h"}},
            "no column of the contract is called YYYY",
        ),
        ({}, {"table": "T", "cursor": {"column": "GXSJ", "overlap": "soon"}}, "expected a time such as 30m"),
        ({}, {"table": "T", "cursor": {"column": "GXSJ", "overlap": 2}}, "expected a time such as 30m"),
        (
            {},
            {"table": "T", "cursor": {"column": "XM", "overlap": "2h"}},
            "XM is of type name; rows are counted back",
        ),
        ({}, {"table": "T", "cursor": {"column": "GXSJ"}}, "expected {column: ..., overlap: ...}"),
        ({}, {"table": "T", "snapshotEvery": "7d"}, "without a cursor every extraction is a full one"),
        ({}, {"table": "T", "window": "22-6"}, "expected hours such as"),
        ({"type": "sqlserver"}, {"table": "T"}, "Write tls: off, and say why"),
        ({"type": "kafka"}, {"table": "T"}, "nothing is fetched from kafka"),
        ({"type": "api", "location": "http://other/x"}, {}, "what is fetched from hydj is written as jsonl"),
        ({"type": "sftp", "location": "sftp://me:secret@host/x"}, {}, "belongs into MINZHENG_SOURCES alone"),
        (
            {"type": "s3", "location": "s3://b/x"},
            {},
            "endpointUrl: expected an address such as https://host/path",
        ),
        (
            {"type": "s3", "location": "s3://b/x", "endpointUrl": "http://store.example"},
            {},
            "endpointUrl: write https",
        ),
        (
            {"type": "s3", "location": "s3://b/x", "endpointUrl": "https://store.example"},
            {"addressing": "host"},
            "expected path or virtual",
        ),
    ],
)
def test_what_a_contract_says_of_its_source_is_heard_or_refused(
    tmp_path: Path, changes: dict[str, Any], words: dict[str, Any], told: str
) -> None:
    server = {
        "server": "hydj", "type": "mysql", "host": "db", "port": 3306, "database": "hy",
        "customProperties": [{"property": word, "value": value} for word, value in words.items()], **changes,
    }  # fmt: skip
    with pytest.raises(ContractError, match=re.escape(told)):
        contract_of(tmp_path, "parquet", COLUMNS, server)


GUIDE = PROJECT_ROOT / "docs" / "pulling.md"


def test_what_the_guide_writes_is_understood(tmp_path: Path) -> None:
    blocks = re.findall(r"^```yaml\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    servers = [yaml.safe_load(block) for block in blocks]
    in_database, interface, files, objects = servers[0]["servers"][1], *(block[0] for block in servers[1:])
    kinds = [
        contract_of(tmp_path / str(number), written, COLUMNS, server, **words).source
        for number, (written, server, words) in enumerate(
            [
                ("parquet", in_database, {}),
                ("jsonl", interface, {}),
                ("csv", files, {"delimiter": ","}),
                ("csv", objects, {"delimiter": ","}),
            ]
        )
    ]
    assert [type(source) for source in kinds] == [DatabaseSource, ApiSource, FileSource, BucketSource]
    assert kinds[0] == DatabaseSource(
        name="hydj", headers=("BH", "XM", "JE", "RQ", "GXSJ"), dialect="mysql+pymysql", host="10.20.0.5", port=3306,
        database="hydj", schema=None, table="T_ZF", query=None, cursor=Cursor("GXSJ", "time", timedelta(hours=2)),
        snapshot_every=timedelta(days=7), window=Window(time(22), time(6)), statement_seconds=1800, checks_tls=True,
    )  # fmt: skip
    chinese = re.findall(
        r"^```yaml\n(.*?)^```",
        GUIDE.with_suffix(".zh.md").read_text(encoding="utf-8"),
        re.MULTILINE | re.DOTALL,
    )
    assert chinese == blocks


def test_the_command_fetches_as_the_loader_and_tells_what_it_left(
    visits: Visits, landing_database: Warehouse, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The guide's three lines, by a login with the role and nothing else; its password is in nothing it prints."""
    visits.adds((1, "甲", "'2025-06-25 10:00:00'"))
    with psycopg.connect(landing_database.address, autocommit=True) as admin:
        admin.execute("drop table raw.visit")
        admin.execute("drop role if exists fetcher")
        admin.execute("create role fetcher login password 'test' in role loader")
    bureau = tmp_path / "bureau"
    (bureau / "contracts").mkdir(parents=True)
    shutil.copy(visits.contract.path, bureau / "contracts")
    monkeypatch.setenv("MINZHENG_BUREAU", str(bureau))
    monkeypatch.setenv("MINZHENG_SOURCES", '{"hydj": "root:root"}')
    monkeypatch.setenv(
        "MINZHENG_DATABASE_URL", landing_database.at(username="fetcher", password="test").address
    )
    settings.cache_clear()
    runner = CliRunner()
    inbox = str(visits.inbox)
    looked = runner.invoke(app, ["pull", "visit", "--inbox", inbox, "--dry-run"])
    assert looked.exit_code == 0, looked.output
    assert "全量 full 1 行" in looked.output
    fetched = runner.invoke(app, ["pull", "visit", "--inbox", inbox])
    assert fetched.exit_code == 0, fetched.output
    assert "QT" in fetched.output
    assert len(list(visits.inbox.rglob("manifest.json"))) == 1
    landed = runner.invoke(app, ["land", "visit", "--inbox", inbox])
    assert landed.exit_code == 0, landed.output
    with landing_database.connect() as connection:
        assert connection.execute("select pulled_login from ops.extraction").fetchall() == [("fetcher",)]
    monkeypatch.setenv("MINZHENG_SOURCES", '{"hydj": "root:falsch"}')
    settings.cache_clear()
    refused = runner.invoke(app, ["pull", "visit", "--inbox", inbox])
    assert refused.exit_code != 0
    assert "falsch" not in refused.output + str(refused.exception)
    with landing_database.connect() as connection:
        (alert,) = connection.execute(
            "select kind, subject from ops.alert where subject like '%pull%'"
        ).fetchall()
    assert alert[1] == "minzheng pull visit"
