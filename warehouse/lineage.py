"""Lineage as OpenLineage events (openlineage.io): which model read and wrote what, in each build.

Made from the files dbt leaves behind. Names of tables and columns only, never a value. They go to
``MINZHENG_HOME/logs/lineage.jsonl``, or where ``OPENLINEAGE_URL`` or ``OPENLINEAGE_CONFIG`` say.
"""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy.engine import make_url

from warehouse.config import settings

if TYPE_CHECKING:  # importing it takes a moment
    from openlineage.client.event_v2 import RunEvent

JOB_NAMESPACE = "minzheng"
PRODUCER = "urn:minzheng:dbt"
TABLES = ("model", "seed", "snapshot")
CONFIGURED_BY = ("OPENLINEAGE_URL", "OPENLINEAGE_CONFIG")


def record_lineage(url: str, target: Path) -> None:
    """Emit the events of the last dbt command, from its target folder."""
    from openlineage.client import OpenLineageClient
    from openlineage.client.transport.file import FileConfig, FileTransport

    manifest, results = (
        json.loads((target / name).read_text(encoding="utf-8"))
        for name in ("manifest.json", "run_results.json")
    )
    if any(name in os.environ for name in CONFIGURED_BY):
        client = OpenLineageClient()
    else:
        file = FileConfig(log_file_path=str(settings().log_dir / "lineage.jsonl"), append=True)
        client = OpenLineageClient(transport=FileTransport(file))
    place = make_url(url)
    for event in lineage_events(
        manifest, results, f"postgres://{place.host or 'localhost'}:{place.port or 5432}"
    ):
        client.emit(event)


def lineage_events(
    manifest: Mapping[str, Any], results: Mapping[str, Any], namespace: str
) -> "Iterator[RunEvent]":
    """Start and end of each table built: job (the model), its inputs, its output with the columns described.

    manifest, results: dbt's manifest.json and run_results.json. namespace: of the data sets, by the
    naming of OpenLineage for PostgreSQL.
    """
    from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent, RunState
    from openlineage.client.facet_v2 import schema_dataset
    from openlineage.client.uuid import generate_new_uuid

    tables = manifest["nodes"] | manifest["sources"]
    for result in results["results"]:
        node = tables.get(result["unique_id"], {})
        executed = [step for step in result["timing"] if step["name"] == "execute"]
        if node.get("resource_type") not in TABLES or not executed:
            continue
        fields = [
            schema_dataset.SchemaDatasetFacetFields(
                name=column["name"], type=column.get("data_type"), description=column["description"]
            )
            for column in node["columns"].values()
        ]
        parents = [tables[parent] for parent in node["depends_on"].get("nodes", []) if parent in tables]
        run = Run(runId=str(generate_new_uuid()))
        job = Job(namespace=JOB_NAMESPACE, name=node["name"])
        inputs = [InputDataset(namespace=namespace, name=_name(parent)) for parent in parents]
        schema = {"schema": schema_dataset.SchemaDatasetFacet(fields=fields)} if fields else {}
        outputs = [OutputDataset(namespace=namespace, name=_name(node), facets={**schema})]
        ended = RunState.COMPLETE if result["status"] == "success" else RunState.FAIL
        for state, moment in (
            (RunState.START, executed[0]["started_at"]), (ended, executed[0]["completed_at"])
        ):  # fmt: skip
            yield RunEvent(
                eventType=state, eventTime=moment, run=run, job=job, inputs=inputs, outputs=outputs,
                producer=PRODUCER,
            )  # fmt: skip


def _name(node: Mapping[str, Any]) -> str:
    return f"{node['database']}.{node['schema']}.{node.get('alias') or node['identifier']}"
