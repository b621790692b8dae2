"""How PostgreSQL goes about making a model: nothing large is read again for each row of something else."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from warehouse.database.connection import Warehouse
from warehouse.database.settings import settings
from warehouse.pipeline.dbt import run_command

MANY = 20  # rows of a table: reading fewer again costs less than remembering them
# Values of parameters, some hundred: looked up for each row that asks for one.
SETTINGS = {"rule_parameter", "means_parameter"}
READS = {"Seq Scan", "Index Only Scan", "Index Scan"}

pytestmark = pytest.mark.builds


def read_again(plan: dict[str, Any]) -> Iterator[str]:
    """Tables read whole more than once by one node of an executed plan."""
    whole = "Index Cond" not in plan and plan["Node Type"] in READS
    rows = plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)
    if whole and plan["Actual Loops"] > 3 and rows > MANY and plan["Relation Name"] not in SETTINGS:
        yield f"{plan['Relation Name']} read {plan['Actual Loops']} times"
    for part in plan.get("Plans", []):
        yield from read_again(part)


def test_no_model_reads_a_table_once_for_each_row(published_town: Warehouse) -> None:
    """Without nested loops, as a table is made anew (dbt_project/macros/dialect/materialize.sql). 15 s."""
    assert run_command(published_town, ["compile", "--quiet", "--full-refresh"]) == 0
    models = settings().home / "dbt_target" / "compiled" / "minzheng" / "models"
    faults = {}
    with published_town.connect() as connection:
        connection.execute("set enable_nestloop = off")
        connection.execute("set max_parallel_workers_per_gather = 0")  # each worker would count as a reading
        for path in sorted(models.rglob("*.sql")):
            sql = path.read_text(encoding="utf-8")
            row = connection.execute(f"explain (analyze, timing off, format json) {sql}".encode()).fetchone()
            assert row is not None
            if found := sorted(set(read_again(row[0][0]["Plan"]))):
                faults[path.stem] = found
    assert len(list(models.rglob("*.sql"))) > 100
    assert not faults, json.dumps(faults, indent=2)
