"""Lineage as OpenLineage events (openlineage.io): which model read and wrote what, in each build.

Made from what dbt hands back. Names of tables and columns only, never a value. They go to
``MINZHENG_HOME/logs/lineage.jsonl``, or where ``OPENLINEAGE_URL`` or ``OPENLINEAGE_CONFIG`` say.
"""

import os
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from warehouse.database.connection import Warehouse
from warehouse.database.settings import settings

if TYPE_CHECKING:  # importing them takes a moment
    from dbt.contracts.graph.manifest import Manifest
    from dbt.contracts.results import RunResult
    from openlineage.client.event_v2 import RunEvent

JOB_NAMESPACE = "minzheng"
PRODUCER = "urn:minzheng:dbt"
TABLES = ("model", "seed", "snapshot")
CONFIGURED_BY = ("OPENLINEAGE_URL", "OPENLINEAGE_CONFIG")


def record_lineage(warehouse: Warehouse, manifest: "Manifest", results: "Iterable[RunResult]") -> None:
    """Emit the events of a dbt command: what it was given, and what came of each node."""
    from openlineage.client import OpenLineageClient
    from openlineage.client.transport.file import FileConfig, FileTransport

    if any(name in os.environ for name in CONFIGURED_BY):
        client = OpenLineageClient()
    else:
        file = FileConfig(log_file_path=str(settings().log_dir / "lineage.jsonl"), append=True)
        client = OpenLineageClient(transport=FileTransport(file))
    place = warehouse.parameters
    for event in lineage_events(
        manifest, results, f"postgres://{place.get('host', 'localhost')}:{place.get('port', 5432)}"
    ):
        client.emit(event)


def lineage_events(
    manifest: "Manifest", results: "Iterable[RunResult]", namespace: str
) -> "Iterator[RunEvent]":
    """Start and end of each table built: job (the model), its inputs, its output with the columns described.

    namespace: of the data sets, by the naming of OpenLineage for PostgreSQL.
    """
    from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent, RunState
    from openlineage.client.facet_v2 import schema_dataset
    from openlineage.client.uuid import generate_new_uuid

    tables: dict[str, Any] = {**manifest.nodes, **manifest.sources}
    for result in results:
        node: Any = result.node
        executed: list[Any] = [step for step in result.timing if step.name == "execute"]
        if node.resource_type not in TABLES or not executed:
            continue
        fields = [
            schema_dataset.SchemaDatasetFacetFields(
                name=column.name, type=column.data_type, description=column.description
            )
            for column in node.columns.values()
        ]
        parents = [tables[parent] for parent in getattr(node.depends_on, "nodes", ()) if parent in tables]
        run = Run(runId=str(generate_new_uuid()))
        job = Job(namespace=JOB_NAMESPACE, name=node.name)
        inputs = [InputDataset(namespace=namespace, name=_name(parent)) for parent in parents]
        schema = {"schema": schema_dataset.SchemaDatasetFacet(fields=fields)} if fields else {}
        outputs = [OutputDataset(namespace=namespace, name=_name(node), facets={**schema})]
        ended = RunState.COMPLETE if result.status == "success" else RunState.FAIL
        for state, moment in ((RunState.START, executed[0].started_at), (ended, executed[0].completed_at)):
            yield RunEvent(
                eventType=state, eventTime=_instant(moment), run=run, job=job, inputs=inputs,
                outputs=outputs, producer=PRODUCER,
            )  # fmt: skip


def _instant(moment: datetime) -> str:
    """With its zone: dbt's moments are of UTC and do not say so."""
    return moment.replace(tzinfo=UTC).isoformat()


def _name(node: Any) -> str:
    return f"{node.database}.{node.schema}.{node.identifier}"
