"""The notebooks run from top to bottom as an analyst, and their figures are those that everybody quotes.

All in this process, one after the other, on the town that other tests build: three seconds beside the import of marimo.
"""

import importlib
import sys
from collections.abc import Iterator
from typing import Any

import altair
import pandas as pd
import psycopg
import pytest

from warehouse.database.connection import Warehouse
from warehouse.database.settings import PROJECT_ROOT, settings

pytestmark = pytest.mark.builds

FOLDER = PROJECT_ROOT / "notebooks"
# The headline of each, and what it is in `analytics`.
HEADLINES = {
    "residents": ("total", "select sum(value) from analytics.metric where metric = 'residents'"),
    "benefits": ("spending", "select sum(paid_yuan) from analytics.benefit_month"),
    "missed": ("total", "select sum(value) from analytics.metric where metric = 'missed'"),
    "quality": ("rejected", "select sum(rejected_count) from analytics.source_quality"),
}


@pytest.fixture
def analyst(published_town: Warehouse, monkeypatch: pytest.MonkeyPatch) -> Iterator[psycopg.Connection]:
    """Somebody who sees all divisions and has no other right, and who opens the notebooks."""
    name = f"analyst_{published_town.parameters['dbname']}"
    with psycopg.connect(published_town.address, autocommit=True) as admin:
        admin.execute(f"create role {name} login password 'test' in role analyst".encode())
        admin.execute("insert into ops.division_scope values (%s, '*')", [name])
        login = published_town.at(username=name, password="test")
        monkeypatch.setenv("MINZHENG_DATABASE_URL", login.address)
        monkeypatch.syspath_prepend(str(FOLDER))
        settings.cache_clear()
        with psycopg.connect(login.address, autocommit=True) as connection:
            yield connection
        for module in ("asked", *(path.stem for path in FOLDER.glob("*.py"))):
            sys.modules.pop(module, None)
        admin.execute(f"drop owned by {name}; drop role {name}".encode())


def test_each_notebook_runs_and_says_what_is_quoted(analyst: psycopg.Connection) -> None:
    notebooks = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "asked")
    assert len(notebooks) == 5
    for notebook in notebooks:
        found: dict[str, Any] = importlib.import_module(notebook).app.run()[1]
        charts = [value for value in found.values() if isinstance(value, altair.TopLevelMixin)]
        assert charts, notebook
        assert any(len(value) for value in found.values() if isinstance(value, pd.DataFrame)), notebook
        drawn = [
            row for chart in charts for rows in chart.to_dict().get("datasets", {}).values() for row in rows
        ]
        for row in drawn:
            assert not {"name", "id_number", "resident_id"} & set(row), notebook
            assert min(row.get("people", 5), row.get("households", 5), row.get("hits", 5)) >= 5, notebook
        if notebook in HEADLINES:
            name, statement = HEADLINES[notebook]
            row = analyst.execute(statement.encode()).fetchone()
            assert row is not None
            assert found[name] == pytest.approx(float(row[0])), notebook
