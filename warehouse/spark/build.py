"""A build of models on Spark, all from the beginning, of a snapshot of PostgreSQL."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from warehouse.database.connection import Warehouse
from warehouse.pipeline.dbt import FAILED, FAULTS, ModelFailed, project
from warehouse.spark.session import read_snapshot, spark_session
from warehouse.spark.snapshot import take_snapshot

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest
    from pyspark.sql import SparkSession

# Of what every value was compared with PostgreSQL's: two layers, and the first of marts and rules. What comes after
# them is not there yet.
COMPARED = (
    "--select",
    "path:models/staging",
    "path:models/intermediate",
    *("int_national_parameters", "int_not_sent", "int_touched_lines"),
    *("aid_household", "benefit_standard", "code_title", "division", "person_mention", "rule_precision"),
    *("source_freshness", "source_freshness_by_division"),
)


@contextmanager
def built_on_spark(
    warehouse: Warehouse,
    home: Path,
    business_date: date,
    generation: int,
    *,
    master: str = "local[2]",
    others: Mapping[str, str] | None = None,
    selection: Sequence[str] = COMPARED,
) -> Iterator["SparkSession"]:
    """Models as Parquet tables below ``home``, which is empty or not there, and a session that reads them.

    master, others: of Spark, see ``spark_session``. selection: of dbt. Raises ModelFailed
    naming the models that failed. The session ends with the block; the files stay.
    """
    home.mkdir(parents=True, exist_ok=True)
    manifest = _manifest(home)
    with warehouse.connect() as connection:
        take_snapshot(connection, relations(manifest), home / "snapshot")
    session = spark_session(master, home / "tables", others)
    try:
        read_snapshot(session, home / "snapshot")
        _run(manifest, home, business_date, generation, selection)
        yield session
    finally:
        session.stop()


def relations(manifest: "Manifest") -> list[tuple[str, str]]:
    """What the models read and do not make: sources and seeds, as (schema, name)."""
    seeds = [node for node in manifest.nodes.values() if node.resource_type == "seed"]
    return sorted({(node.schema, node.name) for node in [*manifest.sources.values(), *seeds]})


def _manifest(home: Path) -> "Manifest":
    result = _invoke(None, ["parse", *_options(home), "--no-partial-parse"])
    if not result.success:
        raise ModelFailed(
            f"dbt 项目未能解析。 The project does not parse for Spark ({type(result.exception).__name__}). "
            f"Details are in {home / 'logs' / 'dbt.log'}."
        )
    return cast("Manifest", result.result)


def _run(
    manifest: "Manifest", home: Path, business_date: date, generation: int, selection: Sequence[str]
) -> None:
    variables = f"{{business_date: '{business_date}', generation: '{generation}', follows: 'no'}}"
    result = _invoke(manifest, ["run", "--full-refresh", *_options(home), "--vars", variables, *selection])
    nodes = getattr(result.result, "results", None) or []
    failed = sorted(node.node.name for node in nodes if str(node.status) in FAILED)
    if failed or not result.success:
        named = ", ".join(failed) or type(result.exception).__name__
        raise ModelFailed(
            f"Spark 上有模型出错。 On Spark these models failed: {named}. "
            f"Details are in {home / 'logs' / 'dbt.log'}."
        )


def _invoke(manifest: "Manifest | None", arguments: Sequence[str]) -> Any:
    from dbt.cli.main import dbtRunner

    return dbtRunner(manifest=manifest).invoke(list(arguments))


def _options(home: Path) -> list[str]:
    place = str(project())
    return [
        "--target", "spark", "--project-dir", place, "--profiles-dir", place, "--target-path", str(home / "dbt"),
        "--log-path", str(home / "logs"), "--log-level", "none", *FAULTS, "--no-write-json",
    ]  # fmt: skip
