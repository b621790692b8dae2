"""dbt builds on a warehouse without a single line, and every dbt test holds there."""

from pathlib import Path

import pytest
import yaml

from warehouse.database.connection import Warehouse
from warehouse.database.settings import settings
from warehouse.pipeline.dbt import PROJECT, run_dbt
from warehouse.pipeline.runs import prepare

pytestmark = pytest.mark.builds


@pytest.fixture
def prepared(database, tmp_path, monkeypatch):
    monkeypatch.setenv("MINZHENG_HOME", str(tmp_path))
    settings.cache_clear()
    prepare(database)
    yield database
    settings.cache_clear()


def declared_unit_tests() -> set[str]:
    files: list[Path] = list((PROJECT / "models").rglob("*.yml"))
    texts = [yaml.safe_load(path.read_text(encoding="utf-8")) or {} for path in files]
    return {test["name"] for text in texts for test in text.get("unit_tests", [])}


def sessions_opened(database: Warehouse) -> int:
    with database.connect() as connection:
        ((opened,),) = connection.execute(
            "select sessions from pg_stat_database where datname = current_database()"
        ).fetchall()
    return int(opened)


def test_everything_builds_empty_and_every_unit_test_runs(prepared):
    before = sessions_opened(prepared)
    ran = set(run_dbt(prepared, "build", variables={"business_date": "2025-06-30", "generation": 1}))
    assert declared_unit_tests() <= ran
    assert len(declared_unit_tests()) > 90
    assert sessions_opened(prepared) - before < 20, "a session for each thread, not for each node"
