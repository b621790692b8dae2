"""Expectations that count and never fetch.

Great Expectations' own ones read unexpected values from the database for every result format
that also tells counts, and weigh some twenty metrics each. These name what is to be counted in SQL;
Great Expectations asks all counts of a batch in one query, and no personal value ever reaches this
process. Importing this module imports Great Expectations (seconds): do it inside functions.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from great_expectations.compatibility.sqlalchemy import sqlalchemy as sa
from great_expectations.core.metric_domain_types import MetricDomainTypes
from great_expectations.core.metric_function_types import MetricPartialFunctionTypes
from great_expectations.core.result_format import ResultFormat
from great_expectations.execution_engine import SqlAlchemyExecutionEngine
from great_expectations.expectations.core import (
    ExpectColumnValuesToBeBetween,
    ExpectColumnValuesToBeInSet,
    ExpectColumnValuesToNotBeNull,
)
from great_expectations.expectations.expectation import BatchExpectation
from great_expectations.expectations.metadata_types import FailureSeverity
from great_expectations.expectations.metrics.metric_provider import metric_partial
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider
from great_expectations.validator.metric_configuration import MetricConfiguration
from great_expectations.validator.validator import ValidationDependencies

from expectations.gate import sql_literal

CRITICAL, WARNING, INFO = FailureSeverity.CRITICAL, FailureSeverity.WARNING, FailureSeverity.INFO

BOOLEAN_ONLY = {"result_format": {"result_format": ResultFormat.BOOLEAN_ONLY}}
COUNT = "batch.count"
# Names under which Great Expectations judges counts.
ROWS, NULLS = "table.row_count", "column_values.nonnull.unexpected_count"
FOUND = "unexpected_rows_query.row_count"


class BatchCount(TableMetricProvider):
    """The value of an SQL expression over the lines of a batch; all of one batch are asked in one query.

    count: an aggregate, or a query in parentheses in which ``{batch} as ...`` stands for the batch.
    """

    metric_name = COUNT
    value_keys = ("count",)

    @metric_partial(
        engine=SqlAlchemyExecutionEngine,
        partial_fn_type=MetricPartialFunctionTypes.AGGREGATE_FN,
        domain_type=MetricDomainTypes.TABLE,
    )
    def _sqlalchemy(
        cls,
        execution_engine: SqlAlchemyExecutionEngine,
        metric_domain_kwargs: dict,
        metric_value_kwargs: dict,
        **_: Any,
    ) -> tuple[Any, dict, dict]:
        count = metric_value_kwargs["count"]
        if "{" in count:
            batch: Any = execution_engine.get_domain_records(metric_domain_kwargs)
            count = count.format(batch=f"({batch.element})")
        return sa.literal_column(count), metric_domain_kwargs, {}


class CountsOnly:
    """Mixin for expectations judged by what `counts` names."""

    batch_id: str | None

    def counts(self) -> Mapping[str, str]:
        """Name under which a count is judged to what is counted (``count`` of `BatchCount`)."""
        raise NotImplementedError

    def get_validation_dependencies(
        self, execution_engine: Any = None, runtime_configuration: Any = None
    ) -> ValidationDependencies:
        # The counts may stay in the result.
        dependencies = ValidationDependencies(result_format={"result_format": ResultFormat.BASIC})
        for name, count in self.counts().items():
            dependencies.set_metric_configuration(
                name, MetricConfiguration(COUNT, {"batch_id": self.batch_id}, {"count": count})
            )
        return dependencies


class ColumnCount(CountsOnly):
    """Mixin for column expectations: element_count (values looked at) and unexpected_count."""

    column: str
    map_metric: ClassVar[str | None]

    def unexpected(self) -> str:
        """SQL condition on a value that is not as expected."""
        raise NotImplementedError

    def counts(self) -> Mapping[str, str]:
        return {
            ROWS: "count(*)",
            NULLS: f"count(*) filter (where {self.column} is null)",
            f"{self.map_metric}.unexpected_count": f"count(*) filter (where {self.unexpected()})",
        }

    def _validate(
        self, metrics: dict, runtime_configuration: Any = None, execution_engine: Any = None
    ) -> dict:
        judged = super()._validate(metrics, BOOLEAN_ONLY, execution_engine)  # type: ignore[misc]
        blank = 0 if self.map_metric == "column_values.nonnull" else metrics[NULLS]
        return {
            "success": judged["success"],
            "result": {
                "element_count": metrics[ROWS] - blank,
                "unexpected_count": metrics[f"{self.map_metric}.unexpected_count"],
            },
        }


class ExpectColumnFilled(ColumnCount, ExpectColumnValuesToNotBeNull):  # type: ignore[misc]
    """At least the share ``mostly`` of the lines has a value."""

    def unexpected(self) -> str:
        return f"{self.column} is null"


class ExpectColumnCodes(ColumnCount, ExpectColumnValuesToBeInSet):  # type: ignore[misc]
    """At least the share ``mostly`` of the values stands in the code list."""

    def unexpected(self) -> str:
        return f"{self.column} not in ({', '.join(map(_literal, self.value_set))})"


class ExpectColumnWithin(ColumnCount, ExpectColumnValuesToBeBetween):  # type: ignore[misc]
    """At least the share ``mostly`` of the values lies between two numbers."""

    def unexpected(self) -> str:
        bounds = ((">=", self.min_value), ("<=", self.max_value))
        within = " and ".join(f"{self.column} {sign} {bound}" for sign, bound in bounds if bound is not None)
        return f"not ({within})"


def _literal(value: str | int) -> str:
    return sql_literal(value) if isinstance(value, str) else str(value)


class ExpectQueryRowCount(CountsOnly, BatchExpectation):
    """The number of rows a query returns lies between bounds; the rows stay in the database.

    unexpected_rows_query: ``{batch} as ...`` in it stands for the batch. min_count, max_count: bounds, null
    for none. max_share: upper bound as a share of the rows of the batch, never below ``spared`` rows.
    """

    unexpected_rows_query: str
    min_count: int | None = None
    max_count: int | None = None
    max_share: float | None = None
    spared: int = 0

    metric_dependencies: ClassVar[tuple[str, ...]] = (COUNT,)
    success_keys: ClassVar[tuple[str, ...]] = (
        "unexpected_rows_query", "min_count", "max_count", "max_share", "spared",
    )  # fmt: skip

    def counts(self) -> Mapping[str, str]:
        return {ROWS: "count(*)", FOUND: f"(select count(*) from ({self.unexpected_rows_query}) as found)"}

    def _validate(
        self, metrics: dict, runtime_configuration: Any = None, execution_engine: Any = None
    ) -> dict:
        found, rows = metrics[FOUND], metrics[ROWS]
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

    def counts(self) -> Mapping[str, str]:
        return {
            ROWS: "count(*)",
            FOUND: f"(select json_agg(to_json(found)) from ({self.unexpected_rows_query}) as found)",
        }

    def _validate(
        self, metrics: dict, runtime_configuration: Any = None, execution_engine: Any = None
    ) -> dict:
        found = metrics[FOUND] or []
        return {
            "success": not found,
            "result": {
                "element_count": metrics[ROWS],
                "unexpected_count": found[0]["all_lines"] if found else 0,
                "divisions": {row["code"]: row["lines"] for row in found},
            },
        }
