"""Lineage events name what each model read and wrote, and go to a file where nothing else is said."""

import json
from pathlib import Path
from typing import Any

import pytest

from warehouse.config import settings
from warehouse.lineage import CONFIGURED_BY, record_lineage

URL = "postgresql://user:secret@warehouse.local:5433/minzheng"


def table(schema: str, name: str, *parents: str, **more: Any) -> dict[str, Any]:
    return {
        "resource_type": "model", "database": "minzheng", "schema": schema, "name": name, "alias": name,
        "columns": {}, "depends_on": {"nodes": list(parents)}, **more,
    }  # fmt: skip


def result(unique_id: str, status: str = "success") -> dict[str, Any]:
    timing = [{"name": "execute", "completed_at": "2025-06-30T01:02:03.000000Z"}]
    return {"unique_id": unique_id, "status": status, "timing": timing}


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """What dbt leaves behind: two models, one of which failed, a test, and a model it never came to."""
    described = {"died_on": {"name": "died_on", "data_type": "date", "description": "死亡日期"}}
    manifest = {
        "sources": {
            "source.raw": {
                "resource_type": "source", "database": "minzheng", "schema": "raw", "identifier": "cremation",
                "name": "cremation",
            }
        },
        "nodes": {
            "model.one": table("marts", "resident", "source.raw", columns=described),
            "model.two": table("rules", "finding", "model.one"),
            "seed.one": table("staging", "kinship", resource_type="seed") | {"depends_on": {"macros": []}},
            "model.three": table("rules", "coverage", "model.two"),
            "test.one": table("rules", "unique", "model.two", resource_type="test"),
        },
    }  # fmt: skip
    results = [result("model.one"), result("model.two", "error"), result("test.one"), result("seed.one"),
               result("model.three", "skipped") | {"timing": []}]  # fmt: skip
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    (tmp_path / "run_results.json").write_text(json.dumps({"results": results}))
    return tmp_path


def test_events_are_added_to_a_file(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in CONFIGURED_BY:
        monkeypatch.delenv(name, raising=False)
    settings().log_dir.mkdir(parents=True)
    record_lineage(URL, target)
    record_lineage(URL, target)
    text = (settings().log_dir / "lineage.jsonl").read_text(encoding="utf-8")
    assert "secret" not in text
    events = [json.loads(line) for line in text.splitlines()]
    assert len(events) == 6
    resident, finding, kinship = events[:3]
    assert (resident["job"]["name"], resident["eventType"]) == ("resident", "COMPLETE")
    assert [table["name"] for table in resident["inputs"]] == ["minzheng.raw.cremation"]
    assert resident["outputs"][0]["namespace"] == "postgres://warehouse.local:5433"
    (column,) = resident["outputs"][0]["facets"]["schema"]["fields"]
    assert (column["name"], column["type"], column["description"]) == ("died_on", "date", "死亡日期")
    assert finding["eventType"] == "FAIL"
    assert [table["name"] for table in finding["inputs"]] == ["minzheng.marts.resident"]
    assert kinship["inputs"] == []
    assert len({event["run"]["runId"] for event in events}) == 6
