"""Our own materializations make what dbt's make, and leave what is there where a model is not as it says."""

import shutil
from pathlib import Path

import psycopg
import pytest

from warehouse.database.connection import Warehouse
from warehouse.pipeline.dbt import PROJECT, ModelFailed, run_dbt

AS_DECLARED = "1::bigint as number, $$a$$ as name"
# What is wrong with each model in the second run.
WRONG = {
    "extra": "1::bigint as number, $$b$$ as name, 2 as more",
    "missing": "1::bigint as number",
    "other_type": "1::integer as number, $$b$$ as name",
    "twice": "1::bigint as number, $$b$$ as name from generate_series(1, 2)",
}
RIGHT = {"reordered": "$$b$$ as name, 1::bigint as number", "viewed": "1::bigint as number, $$b$$ as name"}
COLUMNS = """
    description: 城镇's 一行
    config: {contract: {enforced: true}, persist_docs: {relation: true, columns: true}, indexes: [{columns: [number]}]}
    data_tests: [unique_combination: {arguments: {columns: [number]}}]
    columns: [{name: number, data_type: bigint, description: 编号}, {name: name, data_type: "varchar(5)"}]
"""
GROWING = """
    config: {materialized: incremental, incremental_strategy: append, on_schema_change: fail}
    data_tests: [unique_combination: {arguments: {columns: [number]}}]
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of a few models with our materializations; what they select is said by variables."""
    tmp_path = tmp_path_factory.mktemp("project")
    shutil.copytree(PROJECT / "macros" / "dialect", tmp_path / "macros")
    shutil.copytree(PROJECT / "tests" / "generic", tmp_path / "tests" / "generic")
    shutil.copyfile(PROJECT / "profiles.yml", tmp_path / "profiles.yml")
    (tmp_path / "dbt_project.yml").write_text(
        "{name: minzheng, profile: minzheng, flags: {send_anonymous_usage_stats: false, version_check: false}}"
    )
    (tmp_path / "models").mkdir()
    described = "models:"
    for name in (*WRONG, *RIGHT):
        (tmp_path / "models" / f"{name}.sql").write_text(
            f"{{{{ config(materialized='table') }}}} select {{{{ var('{name}', '{AS_DECLARED}') }}}} -- the end"
        )
        described += f"\n  - name: {name}{COLUMNS}"
    (tmp_path / "models" / "over.sql").write_text(
        "{{ config(materialized='view') }} select * from {{ ref('viewed') }}"
    )
    (tmp_path / "models" / "growing.sql").write_text("select {{ var('growing', '1 as number') }}")
    described += f"\n  - name: growing{GROWING}"
    (tmp_path / "models" / "models.yml").write_text(described, encoding="utf-8")
    return tmp_path


@pytest.fixture(autouse=True)
def project(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("warehouse.pipeline.dbt.PROJECT", folder)


def build(database: Warehouse, *models: str, **variables: str) -> str:
    """Builds models without their tests; what failed."""
    try:
        run_dbt(database, "run", "--select", *models, variables=variables)
    except ModelFailed as error:
        return str(error)
    return ""


def test_a_model_stands_as_its_contract_says_or_not_at_all(
    connection: psycopg.Connection, database: Warehouse
) -> None:
    assert build(database, *WRONG, *RIGHT) == ""
    for name in (*WRONG, *RIGHT):
        assert column_types(connection, name) == [
            ("number", "bigint", "编号"),
            ("name", "character varying(5)", None),
        ]
        ((comment, rows, indexes),) = connection.execute(
            """
            select obj_description(oid), reltuples, (select count(*) from pg_index where indrelid = pg_class.oid)
            from pg_class where oid = %s::regclass
            """,
            [f"staging.{name}"],
        ).fetchall()
        assert (comment, rows, indexes) == ("城镇's 一行", 1, 1)
    connection.commit()

    told = build(database, *WRONG, *RIGHT, **WRONG, **RIGHT)
    assert all(name in told for name in WRONG), told
    assert not any(name in told for name in RIGHT), told
    assert "twice (UniqueViolation (SQLSTATE 23505))" in told
    for name in WRONG:
        assert connection.execute(f"select * from staging.{name}".encode()).fetchall() == [(1, "a")]
    for name in RIGHT:
        assert connection.execute(f"select * from staging.{name}".encode()).fetchall() == [(1, "b")]
    assert connection.execute("select relname from pg_class where relname like '%dbt%'").fetchall() == []


def test_a_table_takes_the_place_of_a_view(connection: psycopg.Connection, database: Warehouse) -> None:
    connection.execute("create schema if not exists staging; create view staging.viewed as select 1 as one")
    connection.commit()
    assert build(database, "viewed") == ""
    assert connection.execute("select * from staging.viewed").fetchall() == [(1, "a")]


def test_a_view_over_a_table_made_anew_is_made_anew(
    connection: psycopg.Connection, database: Warehouse
) -> None:
    for rows in ([(1, "a")], [(1, "b")]):
        assert build(database, "viewed", "over", **(RIGHT if rows[0][1] == "b" else {})) == ""
        assert connection.execute("select * from staging.over").fetchall() == rows
        connection.commit()


def test_news_are_taken_in_whole_or_not_at_all(connection: psycopg.Connection, database: Warehouse) -> None:
    def rows() -> list[tuple[int]]:
        held = connection.execute("select number from staging.growing order by number").fetchall()
        connection.commit()
        return held

    assert build(database, "growing") == ""
    assert build(database, "growing", growing="2 as number") == ""
    assert rows() == [(1,), (2,)]
    assert "growing" in build(database, "growing", growing="3 as number, 4 as more")
    assert "growing (UniqueViolation (SQLSTATE 23505))" in build(
        database, "growing", growing="number from generate_series(2, 3) as held (number)"
    )
    assert rows() == [(1,), (2,)]


def column_types(connection: psycopg.Connection, name: str) -> list[tuple[str, str, str | None]]:
    return connection.execute(
        """
        select attname, format_type(atttypid, atttypmod), col_description(attrelid, attnum)
        from pg_attribute where attrelid = %s::regclass and attnum > 0 order by attnum
        """,
        [f"staging.{name}"],
    ).fetchall()
