"""What dbt keeps and shows of a statement that failed: the kind and the place, never a row."""

from pathlib import Path

import psycopg
import psycopg2
import pytest
from hostile_settings import make_hostile

from warehouse.database.connection import Warehouse
from warehouse.database.errors import MinzhengError, MissingRight
from warehouse.database.settings import settings
from warehouse.pipeline.dbt import PROJECT, run_dbt
from warehouse.pipeline.dbt_sessions import without_row

MARKER = "420203194203192294"
PREPARE = f"""
create table marts.secret (id_number text primary key check (id_number <> ''));
insert into marts.secret values ('{MARKER}');
"""


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("select id_number::date from marts.secret", ["DatetimeFieldOverflow", "22008"]),
        (
            "insert into marts.secret table marts.secret",
            ["UniqueViolation", "secret_pkey", "marts", "secret"],
        ),
        (
            "insert into marts.secret select '' from marts.secret",
            ["CheckViolation", "secret_id_number_check"],
        ),
        (f"do $$ begin raise exception '{MARKER}'; end $$", ["RaiseException", "P0001"]),
        ("select nothing from marts.secret", ["UndefinedColumn", 'column "nothing" does not exist']),
    ],
)
def test_an_error_is_told_by_its_kind_and_names(
    connection: psycopg.Connection, database: Warehouse, statement: str, told: list[str]
) -> None:
    connection.execute(PREPARE.encode())
    connection.commit()
    with psycopg2.connect(database.address) as other, other.cursor() as cursor:
        with pytest.raises(psycopg2.Error) as raised:
            cursor.execute(statement)
        words = without_row(raised.value)
    assert all(word in words for word in told), words
    assert MARKER not in words


MODELS = {
    "dbt_project.yml": """
name: minzheng
profile: minzheng
flags: {send_anonymous_usage_stats: false, version_check: false}
""",
    "models/day.sql": "{{ config(materialized='table') }} select date '2025-06-30' || '' as day",
    "models/failing.sql": "{{ config(materialized='table') }} select id_number::date from marts.secret",
}


def test_a_model_that_fails_prints_and_keeps_no_value(
    connection: psycopg.Connection, database: Warehouse, own_home: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    connection.execute(PREPARE.encode())
    connection.commit()
    make_hostile(database)
    for name, content in (MODELS | {"profiles.yml": (PROJECT / "profiles.yml").read_text()}).items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    monkeypatch.setattr("warehouse.pipeline.dbt.PROJECT", tmp_path)
    caplog.set_level("DEBUG")
    with pytest.raises(MinzhengError, match="failed in: failing") as raised:
        run_dbt(database, "build")
    assert (own_home / "dbt_target").stat().st_mode & 0o777 == 0o700
    assert settings().log_dir.stat().st_mode & 0o777 == 0o700
    files = [
        path.read_text(encoding="utf-8", errors="replace") for path in own_home.rglob("*") if path.is_file()
    ]
    everything = "\n".join([*files, str(raised.value), caplog.text, *capfd.readouterr()])
    assert "DatetimeFieldOverflow (SQLSTATE 22008)" in everything
    assert MARKER not in everything
    assert connection.execute("select day from staging.day").fetchone() == ("2025-06-30",)


def test_a_model_that_lacks_a_right_says_so(
    connection: psycopg.Connection,
    database: Warehouse,
    own_home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Trying again would not help: whoever gives rights can."""
    denied = "do $$ begin raise insufficient_privilege; end $$;"
    models = MODELS | {"models/failing.sql": "{{ config(pre_hook='" + denied + "') }} select 1 as one"}
    for name, content in (models | {"profiles.yml": (PROJECT / "profiles.yml").read_text()}).items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    monkeypatch.setattr("warehouse.pipeline.dbt.PROJECT", tmp_path)
    with pytest.raises(MissingRight, match=r"failing .*SQLSTATE 42501"):
        run_dbt(database, "build")
