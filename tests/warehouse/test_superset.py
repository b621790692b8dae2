"""The dashboard for Superset asks for what analysts have, and each of its files for one that is there."""

import re
from pathlib import Path
from typing import Any

import psycopg
import pytest

from ingestion.yaml_file import read_yaml
from warehouse.database.settings import PROJECT_ROOT
from warehouse.derived.metrics import metrics

FOLDER = PROJECT_ROOT / "deploy" / "superset"
VIEW = "select column_name from information_schema.columns where (table_schema, table_name) = (%s, %s)"


def read(kind: str) -> dict[str, dict[str, Any]]:
    """The files of a kind by the id by which others name them."""
    found = [read_yaml(path) for path in sorted((FOLDER / kind).rglob("*.yaml"))]
    assert found
    return {one["uuid"]: one for one in found}


@pytest.fixture
def datasets(connection: psycopg.Connection) -> dict[str, dict[str, Any]]:
    databases, found = read("databases"), read("datasets")
    for dataset in found.values():
        known = {name for (name,) in connection.execute(VIEW, [dataset["schema"], dataset["table_name"]])}
        assert {column["column_name"] for column in dataset["columns"]} <= known
        assert all(set(re.findall(r"\((\w+)\)", one["expression"])) <= known for one in dataset["metrics"])
        assert dataset["main_dttm_col"] in known
        assert dataset["database_uuid"] in databases
    return found


def test_charts_ask_for_columns_and_figures_that_are_there(datasets: dict[str, dict[str, Any]]) -> None:
    charts = read("charts")
    for chart in charts.values():
        dataset, asked = datasets[chart["dataset_uuid"]], chart["params"]
        columns = {column["column_name"] for column in dataset["columns"]}
        filters = asked.get("adhoc_filters", [])
        wanted = {
            *asked.get("groupby", []), *asked.get("groupbyRows", []), *asked.get("groupbyColumns", []),
            *([asked["x_axis"]] if "x_axis" in asked else []),
            *(one["subject"] for one in filters if one["expressionType"] == "SIMPLE"),
        }  # fmt: skip
        assert wanted <= columns, chart["slice_name"]
        assert set(asked["metrics"]) <= {one["metric_name"] for one in dataset["metrics"]}
        assert asked["viz_type"] == chart["viz_type"]
        quoted = {one["comparator"] for one in filters if one.get("subject") == "metric"}
        assert quoted <= {one.name for one in metrics()}
    (board,) = read("dashboards").values()
    drawn = {place["meta"]["uuid"] for name, place in board["position"].items() if name.startswith("CHART-")}
    assert drawn == set(charts)


def test_no_password_stands_in_the_files() -> None:
    for path in FOLDER.rglob("*.yaml"):
        assert not re.search(r"://[^@\s]*:[^@\s]*@", Path(path).read_text(encoding="utf-8")), path.name
