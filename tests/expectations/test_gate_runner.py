"""The runner refuses what would fetch values, and reports faults without them."""

import logging
import subprocess
import sys

import pytest
from small_warehouse import Warehouse

from expectations import CheckFault
from expectations.gate import GateReport, GateRunner, record

NUMBERS = "select cast(number as text) as name from generate_series(1, 10) as number"


def test_importing_the_gates_does_not_import_great_expectations() -> None:
    code = "import sys, expectations; sys.exit('great_expectations' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_expectations_that_fetch_values_are_refused(warehouse: Warehouse) -> None:
    from great_expectations.expectations.core import ExpectColumnValuesToBeInSet

    from expectations.counting import ExpectColumnCodes

    with GateRunner(warehouse.engine) as runner:
        with pytest.raises(TypeError, match="fetches values"):
            runner.check(
                "s", NUMBERS, [ExpectColumnValuesToBeInSet(column="name", value_set=["1"])], copy=True
            )
        with pytest.raises(TypeError, match="check a copy"):
            runner.check("s", NUMBERS, [ExpectColumnCodes(column="name", value_set=["1"])])


def test_bounds_are_inclusive_and_numbers_are_recorded(warehouse: Warehouse) -> None:
    from expectations.counting import CRITICAL, ExpectQueryRowCount

    def rows(**bounds: float) -> ExpectQueryRowCount:
        query = "select 1 from {batch} where name <> '1'"
        return ExpectQueryRowCount(unexpected_rows_query=query, severity=CRITICAL, **bounds)

    with GateRunner(warehouse.engine) as runner:
        results = runner.check(
            "s",
            NUMBERS,
            [rows(min_count=9), rows(min_count=10), rows(max_count=9), rows(max_count=8), rows(max_share=0.5),
             rows(max_share=0.5, spared=9)],
        )  # fmt: skip
    assert [result.success for result in results] == [True, False, True, False, False, True]
    assert results[3].observed == {"value": 9, "max_count": 8}
    assert (results[3].element_count, results[3].unexpected_count) == (10, 9)
    report = GateReport("release", "generation:1", "s", tuple(results))
    assert not report.passed
    with warehouse.engine.begin() as connection:
        record(connection, report)
    assert warehouse.value("select observed from ops.gate_result order by 1 limit 1") is not None


def test_a_fault_names_the_error_class_only(
    warehouse: Warehouse, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    from expectations.counting import ExpectQueryRowCount

    caplog.set_level(logging.DEBUG)
    query = "select cast('secret' || name as integer) from {batch}"
    with GateRunner(warehouse.engine) as runner, pytest.raises(CheckFault) as fault:
        runner.check(
            "s", NUMBERS, [ExpectQueryRowCount(unexpected_rows_query=f"{query} order by 1", max_count=0)]
        )
    assert "InvalidTextRepresentation" in str(fault.value)
    written = capfd.readouterr()
    assert "secret" not in str(fault.value) + caplog.text + written.out + written.err
