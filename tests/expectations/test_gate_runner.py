"""The runner refuses what would fetch values, and reports faults without them."""

import inspect
import json
import logging
import subprocess
import sys
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy
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


def test_counts_and_verdicts_are_those_of_great_expectations(warehouse: SmallWarehouse) -> None:
    """On the same values, which it holds as a data frame there."""
    import great_expectations as gx
    import pandas
    from great_expectations.expectations.core import (
        ExpectColumnValuesToBeBetween,
        ExpectColumnValuesToBeInSet,
        ExpectColumnValuesToNotBeNull,
    )

    from expectations import counting

    values = {"code": ["a", "it's {b} 50% :c", None, "成功", None, "x"], "blank": [None] * 6,
              "amount": [-1.0, 0.0, 9.0, 10.0, None, 5.5]}  # fmt: skip
    # Great Expectations answers column by column.
    cases: list[tuple[type, type, str, dict[str, Any]]] = [
        (counting.ExpectColumnFilled, ExpectColumnValuesToNotBeNull, "code", {}),
        (
            counting.ExpectColumnCodes,
            ExpectColumnValuesToBeInSet,
            "code",
            {"value_set": [*values["code"][:2], "成功"]},
        ),
        (counting.ExpectColumnFilled, ExpectColumnValuesToNotBeNull, "blank", {}),
        (counting.ExpectColumnCodes, ExpectColumnValuesToBeInSet, "blank", {"value_set": ["a"]}),
        (counting.ExpectColumnCodes, ExpectColumnValuesToBeInSet, "amount", {"value_set": [9, 10]}),
        (
            counting.ExpectColumnWithin,
            ExpectColumnValuesToBeBetween,
            "amount",
            {"min_value": 0, "max_value": 9},
        ),
        (counting.ExpectColumnWithin, ExpectColumnValuesToBeBetween, "amount", {"max_value": 9}),
    ]
    asked = [
        (own(column=column, mostly=share, **given), original(column=column, mostly=share, **given))
        for own, original, column, given in cases
        for share in (0.3, 0.6, 0.75, 1.0)
    ]
    warehouse.connection.execute("create table told (code text, blank text, amount float)")
    warehouse.add(
        "told", *(dict(zip(values, line, strict=True)) for line in zip(*values.values(), strict=True))
    )
    with GateRunner(warehouse.engine) as runner:
        batch = Batch("told", "select * from public.told", [own for own, _ in asked])
        found = [
            (check.success, check.element_count, check.unexpected_count)
            for check in runner.run("told", [batch])
        ]
    frame = pandas.DataFrame(values).astype({"code": object, "blank": object})
    assets = gx.get_context(mode="ephemeral").data_sources.add_pandas("frames").add_dataframe_asset("told")
    told = assets.add_batch_definition_whole_dataframe("whole").get_batch({"dataframe": frame})
    for (own, original), (success, elements, unexpected) in zip(asked, found, strict=True):
        of_original = told.validate(original)
        blank = 0 if isinstance(own, counting.ExpectColumnFilled) else of_original.result["missing_count"]
        assert success == of_original.success
        assert elements == of_original.result["element_count"] - blank
        assert unexpected == of_original.result["unexpected_count"]


def test_the_counts_of_a_batch_are_asked_in_one_query(warehouse: SmallWarehouse) -> None:
    from expectations.counting import ExpectColumnCodes, ExpectColumnFilled, ExpectQueryRowCount

    asked = [
        ExpectColumnFilled(column="name"),
        ExpectColumnCodes(column="name", value_set=["1", "2"], mostly=0.1),
        ExpectQueryRowCount(unexpected_rows_query="select 1 from {batch} as line where name = '3'"),
        ExpectQueryRowCount(unexpected_rows_query="select 1 from ops.delivery"),
    ]
    queries: list[str] = []

    def keep(*event: Any) -> None:
        queries.append(event[2])

    with GateRunner(warehouse.engine) as runner:
        runner.run("s", [numbers()])
        sqlalchemy.event.listen(runner.source.get_execution_engine().engine, "before_cursor_execute", keep)
        assert all(check.success for check in runner.run("s", [numbers(*asked)]))
    assert len([query for query in queries if query.startswith("SELECT")]) == 1


def test_a_decimal_is_converted_without_a_look_at_the_whole_stack(
    warehouse: SmallWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    with GateRunner(warehouse.engine):
        from great_expectations.util import convert_decimal_to_float

        monkeypatch.setattr(inspect, "getouterframes", lambda *_: pytest.fail("who calls is asked"))
        assert convert_decimal_to_float(Decimal("1.5")) == 1.5


def test_expectations_that_fetch_values_are_refused(warehouse: SmallWarehouse) -> None:
    from great_expectations.expectations.core import ExpectColumnValuesToBeInSet, UnexpectedRowsExpectation

    from expectations.counting import ExpectColumnFilled

    with GateRunner(warehouse.engine) as runner:
        with pytest.raises(TypeError, match="fetches values"):
            runner.run("s", [numbers(ExpectColumnValuesToBeInSet(column="name", value_set=["1"]), copy=True)])
        with pytest.raises(TypeError, match="fetches values"):
            runner.run(
                "s", [numbers(UnexpectedRowsExpectation(unexpected_rows_query="select * from {batch}"))]
            )
        with pytest.raises(TypeError, match="does not know row_condition"):
            runner.run("s", [numbers(ExpectColumnFilled(column="name", row_condition="x"))])


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
        query = "select 1 from {batch} as line where name <> '1'"
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
    query = "select cast('secret' || name as integer) from {batch} as line"
    with GateRunner(warehouse.engine) as runner, pytest.raises(CheckFault) as fault:
        runner.run(
            "s", [numbers(ExpectQueryRowCount(unexpected_rows_query=f"{query} order by 1", max_count=0))]
        )
    assert "InvalidTextRepresentation" in str(fault.value)
    written = capfd.readouterr()
    assert "secret" not in str(fault.value) + caplog.text + written.out + written.err
