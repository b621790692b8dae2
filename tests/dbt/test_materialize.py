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
FOLLOWED = """
    config: {indexes: [{columns: [number]}]}
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
    (tmp_path / "models" / "followed.sql").write_text(
        "{{ config(materialized='table') }} select * from (values {{ var('rows') }}) as told (number, said, share)"
    )
    described += f"\n  - name: followed{FOLLOWED}"
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


def test_a_build_that_follows_writes_what_differs_and_nothing_else(
    connection: psycopg.Connection, database: Warehouse
) -> None:
    """Also where equal values are written otherwise, and where a row vanishes. The table and its index stay."""

    def row(number: int, said: str = '{"yuan": 1.0}', share: str = "null::numeric") -> str:
        return f"({number}, $${said}$$::jsonb, {share})"

    def held() -> dict[int, tuple[str, str, str]]:
        found = connection.execute(
            "select number, said::text, share::text, ctid::text from staging.followed order by number"
        ).fetchall()
        connection.commit()
        return {number: (said, share, place) for number, said, share, place in found}

    def file() -> tuple[int, int]:
        ((table, indexes),) = connection.execute(
            """
            select pg_relation_filenode(oid), (select count(*) from pg_index where indrelid = pg_class.oid)
            from pg_class where oid = 'staging.followed'::regclass
            """
        ).fetchall()
        connection.commit()
        return table, indexes

    many = [row(number) for number in range(20, 80)]
    assert (
        build(database, "followed", rows=", ".join([row(1), row(2), row(3), row(4, share="0.5"), *many]))
        == ""
    )
    targets = connection.execute(
        """
        select attname, attstattarget = 0 from pg_attribute
        where attrelid = 'staging.followed'::regclass and attname in ('number', 'said')
        """
    ).fetchall()
    assert {name: bool(is_none) for name, is_none in targets} == {
        "number": False,
        "said": True,
    }  # nobody searches by what stands in JSON
    before, table = held(), file()
    news = [row(2), row(3, '{"yuan": 1.00}'), row(4, share="0.50"), row(5), *many]
    assert build(database, "followed", rows=", ".join(news), follows="yes") == ""
    after = held()
    assert set(after) == {2, 3, 4, 5, *range(20, 80)}
    assert {number for number in after if after[number] == before.get(number)} == {2, *range(20, 80)}
    assert (after[3][0], after[4][1]) == ('{"yuan": 1.00}', "0.50")
    assert file() == table

    told = build(database, "followed", rows=", ".join([*news, row(5)]), follows="yes")
    assert "followed (UniqueViolation (SQLSTATE 23505))" in told
    assert held() == after


def test_a_build_that_follows_makes_anew_what_is_mostly_other(
    connection: psycopg.Connection, database: Warehouse
) -> None:
    for numbers in ([1], [2, 3]):
        rows = ", ".join(f"({number}, null::jsonb, 1::numeric)" for number in numbers)
        assert build(database, "followed", rows=rows, follows="yes") == ""
        found = connection.execute("select number from staging.followed order by number").fetchall()
        connection.commit()
        assert found == [(number,) for number in numbers]
    assert connection.execute("select relname from pg_class where relname like '%dbt%'").fetchall() == []


def column_types(connection: psycopg.Connection, name: str) -> list[tuple[str, str, str | None]]:
    return connection.execute(
        """
        select attname, format_type(atttypid, atttypmod), col_description(attrelid, attnum)
        from pg_attribute where attrelid = %s::regclass and attnum > 0 order by attnum
        """,
        [f"staging.{name}"],
    ).fetchall()
