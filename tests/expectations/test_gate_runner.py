"""The runner refuses what would fetch values, and reports faults without them."""

import json
import logging
import subprocess
import sys
from typing import Any

import pytest
from small_warehouse import SmallWarehouse

from expectations.errors import CheckFault
from expectations.gate import Batch, GateReport, GateRunner, record
from warehouse.database.settings import PROJECT_ROOT

NUMBERS = "select cast(number as text) as name from generate_series(1, 10) as number"


def numbers(*expectations: Any, copy: bool = False) -> Batch:
    return Batch("numbers", NUMBERS, expectations, copy)


def test_importing_the_gates_does_not_import_great_expectations() -> None:
    gates = "expectations.anomalies, expectations.landing, expectations.release"
    code = f"import sys, {gates}; sys.exit('great_expectations' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_what_no_suite_needs_is_loaded_when_it_is_used() -> None:
    code = """
import sys
from expectations.deferred import deferred
with deferred("altair", "scipy.stats"):
    import great_expectations
from great_expectations.expectations.core import expect_column_kl_divergence_to_be_less_than as divergence
loaded = {"altair", "scipy.stats"} & set(sys.modules)
assert not loaded, loaded
assert divergence.stats.entropy([1, 0]) == 0
import scipy.stats
assert divergence.stats.entropy is scipy.stats.entropy
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_counts_come_from_the_metrics_great_expectations_derives() -> None:
    from great_expectations.expectations.core import (
        ExpectColumnValuesToBeBetween,
        ExpectColumnValuesToBeInSet,
        ExpectColumnValuesToNotBeNull,
        UnexpectedRowsExpectation,
    )

    from expectations import counting

    def metrics(expectation: Any) -> set[Any]:
        derived = expectation.get_validation_dependencies(runtime_configuration=counting.BOOLEAN_ONLY)
        return {metric.id for metric in derived.get_metric_configurations()}

    place = {"column": "c", "batch_id": "b"}
    for own, original, arguments in (
        (counting.ExpectColumnFilled, ExpectColumnValuesToNotBeNull, {}),
        (counting.ExpectColumnCodes, ExpectColumnValuesToBeInSet, {"value_set": ["1", "2"], "mostly": 0.5}),
        (counting.ExpectColumnWithin, ExpectColumnValuesToBeBetween, {"min_value": 0, "max_value": 9}),
    ):
        assert metrics(own(**place, **arguments)) == metrics(original(**place, **arguments))
    query = {"unexpected_rows_query": "select 1 from {batch}", "batch_id": "b"}
    counted = {
        metric
        for metric in metrics(counting.ExpectQueryRowCount(**query))
        if metric.metric_name != counting.ROWS
    }
    assert counted <= metrics(UnexpectedRowsExpectation(**query))


def test_expectations_that_fetch_values_are_refused(warehouse: SmallWarehouse) -> None:
    from great_expectations.expectations.core import ExpectColumnValuesToBeInSet

    from expectations.counting import ExpectColumnCodes

    with GateRunner(warehouse.engine) as runner:
        with pytest.raises(TypeError, match="fetches values"):
            runner.run("s", [numbers(ExpectColumnValuesToBeInSet(column="name", value_set=["1"]), copy=True)])
        with pytest.raises(TypeError, match="check a copy"):
            runner.run("s", [numbers(ExpectColumnCodes(column="name", value_set=["1"]))])


def test_an_exported_suite_is_read_by_great_expectations() -> None:
    import great_expectations as gx

    from expectations import counting
    from expectations.exported import FOLDER

    for path in (PROJECT_ROOT / FOLDER).glob("*.json"):
        suite = gx.ExpectationSuite(**json.loads(path.read_text(encoding="utf-8")))
        assert suite.name == path.stem
        assert suite.expectations
    payments = json.loads((PROJECT_ROOT / FOLDER / "landing.payment.json").read_text(encoding="utf-8"))
    read = gx.ExpectationSuite(**payments).expectations
    assert any(isinstance(expectation, counting.ExpectColumnCodes) for expectation in read)


def test_bounds_are_inclusive_and_numbers_are_recorded(warehouse: SmallWarehouse) -> None:
    from expectations.counting import CRITICAL, ExpectQueryRowCount

    def rows(**bounds: float) -> ExpectQueryRowCount:
        query = "select 1 from {batch} where name <> '1'"
        return ExpectQueryRowCount(unexpected_rows_query=query, severity=CRITICAL, **bounds)

    with GateRunner(warehouse.engine) as runner:
        bounds = (rows(min_count=9), rows(min_count=10), rows(max_count=9), rows(max_count=8),
                  rows(max_share=0.5), rows(max_share=0.5, spared=9))  # fmt: skip
        results = runner.run("s", [numbers(*bounds)])
    assert [result.success for result in results] == [True, False, True, False, False, True]
    assert results[3].observed == {"value": 9, "max_count": 8}
    assert (results[3].element_count, results[3].unexpected_count) == (10, 9)
    report = GateReport("release", "generation:1", "s", tuple(results))
    assert not report.passed
    with warehouse.engine.begin() as connection:
        record(connection, report)
    assert warehouse.value("select observed from ops.gate_result order by 1 limit 1") is not None


def test_a_fault_names_the_error_class_only(
    warehouse: SmallWarehouse, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    from expectations.counting import ExpectQueryRowCount

    caplog.set_level(logging.DEBUG)
    query = "select cast('secret' || name as integer) from {batch}"
    with GateRunner(warehouse.engine) as runner, pytest.raises(CheckFault) as fault:
        runner.run(
            "s", [numbers(ExpectQueryRowCount(unexpected_rows_query=f"{query} order by 1", max_count=0))]
        )
    assert "InvalidTextRepresentation" in str(fault.value)
    written = capfd.readouterr()
    assert "secret" not in str(fault.value) + caplog.text + written.out + written.err
