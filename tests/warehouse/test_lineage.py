"""Lineage events name what each model read and wrote, and go to a file where nothing else is said."""

import json
from datetime import datetime
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest

from warehouse.database.connection import Warehouse
from warehouse.database.settings import settings
from warehouse.pipeline.lineage import CONFIGURED_BY, record_lineage

WAREHOUSE = Warehouse("postgresql://user:secret@warehouse.local:5433/minzheng")


def table(schema: str, name: str, *parents: str, resource_type: str = "model", columns=()) -> SimpleNamespace:
    return SimpleNamespace(
        resource_type=resource_type, database="minzheng", schema=schema, name=name, identifier=name,
        columns={column.name: column for column in columns}, depends_on=SimpleNamespace(nodes=list(parents)),
    )  # fmt: skip


SOURCES = {"source.raw": table("raw", "cremation", resource_type="source")}
DIED_ON = SimpleNamespace(name="died_on", data_type="date", description="死亡日期")
NODES = {
    "model.one": table("marts", "resident", "source.raw", columns=[DIED_ON]),
    "model.two": table("rules", "finding", "model.one"),
    "seed.one": table("staging", "kinship", resource_type="seed"),
    "model.three": table("rules", "coverage", "model.two"),
    "test.one": table("rules", "unique", "model.two", resource_type="test"),
}
del NODES["seed.one"].depends_on.nodes  # a seed depends on macros alone


def result(node: str, status: str = "success", is_executed: bool = True) -> SimpleNamespace:
    timing = SimpleNamespace(
        name="execute", started_at=datetime(2025, 6, 30, 1, 2), completed_at=datetime(2025, 6, 30, 1, 3)
    )
    return SimpleNamespace(node=NODES[node], status=status, timing=[timing] if is_executed else [])


# Two models, one of which failed, a test, a seed, and a model it never came to.
RESULTS = [
    result("model.one"), result("model.two", "error"), result("test.one"), result("seed.one"),
    result("model.three", "skipped", is_executed=False),
]  # fmt: skip


@pytest.fixture
def events(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What two builds leave in the file."""
    for name in CONFIGURED_BY:
        monkeypatch.delenv(name, raising=False)
    settings().log_dir.mkdir(parents=True)
    for _ in range(2):
        record_lineage(WAREHOUSE, SimpleNamespace(nodes=NODES, sources=SOURCES), RESULTS)
    text = (settings().log_dir / "lineage.jsonl").read_text(encoding="utf-8")
    assert "secret" not in text
    return [json.loads(line) for line in text.splitlines()]


def test_events_are_added_to_a_file(events: list[dict[str, Any]]) -> None:
    ended = [event for event in events if event["eventType"] != "START"]
    assert len(ended) == 6
    resident, finding, kinship = ended[:3]
    assert (resident["job"]["name"], resident["eventType"]) == ("resident", "COMPLETE")
    assert [table["name"] for table in resident["inputs"]] == ["minzheng.raw.cremation"]
    assert resident["outputs"][0]["namespace"] == "postgres://warehouse.local:5433"
    (column,) = resident["outputs"][0]["facets"]["schema"]["fields"]
    assert (column["name"], column["type"], column["description"]) == ("died_on", "date", "死亡日期")
    assert finding["eventType"] == "FAIL"
    assert [table["name"] for table in finding["inputs"]] == ["minzheng.marts.resident"]
    assert kinship["inputs"] == []


def test_every_run_starts_and_ends_once(events: list[dict[str, Any]]) -> None:
    runs: dict[str, list[str]] = {}
    for event in events:
        runs.setdefault(event["run"]["runId"], []).append(event["eventType"])
    assert len(runs) == 6
    assert {tuple(states) for states in runs.values()} == {("START", "COMPLETE"), ("START", "FAIL")}


def test_events_have_what_the_specification_requires(events: list[dict[str, Any]]) -> None:
    """OpenLineage 2-0-2: identity of run and job, a time with a zone, producer and schema of all there is."""
    for event in events:
        assert event["schemaURL"].startswith("https://openlineage.io/spec/2-")
        assert urlsplit(event["producer"]).scheme
        assert datetime.fromisoformat(event["eventTime"]).tzinfo
        assert UUID(event["run"]["runId"])
        for named in (event["job"], *event["inputs"], *event["outputs"]):
            assert named["namespace"]
            assert named["name"]
        facets = [
            facet
            for place in (event["run"], event["job"], *event["inputs"], *event["outputs"])
            for facet in place.get("facets", {}).values()
        ]
        assert facets
        for facet in facets:
            assert urlsplit(facet["_producer"]).scheme
            assert urlsplit(facet["_schemaURL"]).scheme
