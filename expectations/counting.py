"""Expectations that count and never fetch.

Great Expectations' own ones read unexpected values from the database for every result format
that also tells counts. These ask for the counts alone, so no personal value ever reaches this
process. Importing this module imports Great Expectations (seconds): do it inside functions.
"""

from typing import Any, ClassVar

from great_expectations.compatibility.pydantic import validator
from great_expectations.core.result_format import ResultFormat
from great_expectations.expectations.core import (
    ExpectColumnValuesToBeBetween,
    ExpectColumnValuesToBeInSet,
    ExpectColumnValuesToNotBeNull,
    UnexpectedRowsExpectation,
)
from great_expectations.expectations.metadata_types import FailureSeverity
from great_expectations.expectations.registry import get_metric_kwargs
from great_expectations.validator.metric_configuration import MetricConfiguration
from great_expectations.validator.validator import ValidationDependencies

CRITICAL, WARNING, INFO = FailureSeverity.CRITICAL, FailureSeverity.WARNING, FailureSeverity.INFO

BOOLEAN_ONLY = {"result_format": {"result_format": ResultFormat.BOOLEAN_ONLY}}
ROWS = "table.row_count"
NULLS = "column_values.nonnull.unexpected_count"
QUERY_ROWS = "unexpected_rows_query.row_count"
QUERY_TABLE = "unexpected_rows_query.table"


def count_dependencies(expectation: Any, *metrics: str) -> ValidationDependencies:
    """The metrics an expectation is judged by, as Great Expectations derives them for a bare yes or no.

    It would build the expectation anew for every metric, which is most of what judging a delivery costs.
    The counts may stay in the result.
    """
    # Some leave the batch out of their arguments; a metric without one is asked of the batch loaded last.
    given = expectation._get_runtime_kwargs(runtime_configuration=BOOLEAN_ONLY)
    given["batch_id"] = expectation.batch_id
    dependencies = ValidationDependencies(result_format={"result_format": ResultFormat.BASIC})
    for metric in metrics:
        keys = get_metric_kwargs(metric)
        domain, values = (
            {key: given.get(key) for key in keys[kind]}
            for kind in ("metric_domain_keys", "metric_value_keys")
        )
        dependencies.set_metric_configuration(metric, MetricConfiguration(metric, domain, values))
    return dependencies


class CountsOnly:
    """Mixin for column expectations: element_count (values looked at) and unexpected_count."""

    map_metric: ClassVar[str | None]

    def get_validation_dependencies(
        self, execution_engine: Any = None, runtime_configuration: Any = None
    ) -> Any:
        return count_dependencies(self, *dict.fromkeys((NULLS, f"{self.map_metric}.unexpected_count", ROWS)))

    def _validate(
        self, metrics: dict, runtime_configuration: Any = None, execution_engine: Any = None
    ) -> dict:
        judged = super()._validate(metrics, BOOLEAN_ONLY, execution_engine)  # type: ignore[misc]
        unexpected = metrics[f"{self.map_metric}.unexpected_count"] or 0
        blank = 0 if self.map_metric == "column_values.nonnull" else metrics[NULLS] or 0
        return {
            "success": judged["success"],
            "result": {"element_count": metrics[ROWS] - blank, "unexpected_count": unexpected},
        }


class ExpectColumnFilled(CountsOnly, ExpectColumnValuesToNotBeNull):  # type: ignore[misc]
    """At least the share ``mostly`` of the lines has a value."""


class ExpectColumnCodes(CountsOnly, ExpectColumnValuesToBeInSet):  # type: ignore[misc]
    """At least the share ``mostly`` of the values stands in the code list."""


class ExpectColumnWithin(CountsOnly, ExpectColumnValuesToBeBetween):  # type: ignore[misc]
    """At least the share ``mostly`` of the values lies between two numbers."""


class ExpectQueryRowCount(UnexpectedRowsExpectation):
    """The number of rows a query returns lies between bounds; the rows stay in the database.

    min_count, max_count: bounds, null for none. max_share: upper bound as a share of the rows
    of the batch, never below ``spared`` rows.
    """

    min_count: int | None = None
    max_count: int | None = None
    max_share: float | None = None
    spared: int = 0

    metric_dependencies: ClassVar[tuple[str, ...]] = (QUERY_ROWS, ROWS)
    success_keys: ClassVar[tuple[str, ...]] = (
        "unexpected_rows_query", "min_count", "max_count", "max_share", "spared",
    )  # fmt: skip

    @validator("unexpected_rows_query")
    def _validate_query(cls, query: str) -> str:
        """Queries over other tables than the batch are meant; the original prints a complaint."""
        return query.strip()

    def get_validation_dependencies(
        self, execution_engine: Any = None, runtime_configuration: Any = None
    ) -> ValidationDependencies:
        return count_dependencies(self, *self.metric_dependencies)

    def _validate(
        self, metrics: dict, runtime_configuration: Any = None, execution_engine: Any = None
    ) -> dict:
        found, rows = metrics[QUERY_ROWS], metrics[ROWS]
        most = self.max_count
        if self.max_share is not None:
            most = max(int(rows * self.max_share), self.spared)
        success = (self.min_count is None or found >= self.min_count) and (most is None or found <= most)
        result = {"observed_value": found, "element_count": rows}
        if self.min_count is None:
            result["unexpected_count"] = found
        return {"success": success, "result": result}


class ExpectNoDivisions(ExpectQueryRowCount):
    """No line names such a division. The query gives, of those that most lines name, ``code``, ``lines`` and
    ``all_lines`` (of all such divisions).

    A division says nothing of a person: the codes are kept, each with its number of lines.
    """

    metric_dependencies: ClassVar[tuple[str, ...]] = (QUERY_TABLE, ROWS)

    def _validate(
        self, metrics: dict, runtime_configuration: Any = None, execution_engine: Any = None
    ) -> dict:
        found = metrics[QUERY_TABLE]
        return {
            "success": not found,
            "result": {
                "element_count": metrics[ROWS],
                "unexpected_count": found[0]["all_lines"] if found else 0,
                "divisions": {row["code"]: row["lines"] for row in found},
            },
        }
