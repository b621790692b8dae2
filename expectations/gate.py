"""The gate runner: suites on batches of the database, results as counts in ``ops.gate_result``.

A failed critical expectation closes a gate, a failed warning is only told. Nothing here holds
personal values: expectations count (``expectations.counting``), and of what Great Expectations
hands back only numbers are kept, and codes of divisions.
"""

import logging
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self, cast

from sqlalchemy import Connection, Engine, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.sql import bindparam

from expectations.deferred import deferred
from expectations.errors import CheckFault
from ingestion.garbage import seldom_collected
from ingestion.session import PLUGIN

if TYPE_CHECKING:  # importing Great Expectations takes seconds
    from great_expectations.core import ExpectationSuiteValidationResult
    from great_expectations.core.batch_definition import BatchDefinition
    from great_expectations.expectations.expectation import Expectation

GateName = Literal["landing", "release", "anomalies"]
Severity = Literal["critical", "warning", "info"]

# What Great Expectations would heed and counts in SQL would not.
PASSED_OVER = ("row_condition", "strict_min", "strict_max")
RESULT_FORMAT: Any = {"result_format": "BASIC", "partial_unexpected_count": 0}

# A division, and what follows it.
DIVISION = re.compile(r"\d{6}(→\d{6}(、\d{6})*)?")
# Of an expectation's own arguments: the limits it judged by.
LIMITS = ("mostly", "min_value", "max_value", "min_count", "max_count", "max_share", "spared")


@dataclass(frozen=True)
class CheckResult:
    """What one expectation found.

    expectation: its snake-case name; column_name: where it looks at one column; description:
    Chinese, for people. element_count, unexpected_count: null where it does not count faults.
    observed: numbers only (the value observed, the limits, and under ``divisions`` lines by code). rule_code:
    the rule whose findings list the cases.
    """

    expectation: str
    column_name: str | None
    description: str
    severity: Severity
    success: bool
    element_count: int | None
    unexpected_count: int | None
    observed: Mapping[str, float | Mapping[str, int]]
    rule_code: str | None


@dataclass(frozen=True)
class GateReport:
    """The answer of one gate about one subject (a delivery, or ``generation:N``)."""

    gate: GateName
    subject: str
    suite: str
    results: tuple[CheckResult, ...] = field(default=())

    @property
    def passed(self) -> bool:
        return not self.closing

    @property
    def closing(self) -> tuple[CheckResult, ...]:
        """The failed expectations that close the gate."""
        return tuple(
            result for result in self.results if not result.success and result.severity == "critical"
        )

    @property
    def warnings(self) -> tuple[CheckResult, ...]:
        """The failed expectations somebody should look at."""
        return tuple(result for result in self.results if not result.success and result.severity == "warning")


def sql_literal(value: str) -> str:
    """Any text as an SQL constant without quotes, colons, percent signs or braces inside.

    A query passes through several templates in which these have a meaning; ids and codes come from outside.
    """
    plain = (sign if sign.isalnum() or sign in "_-" else f"\\+{ord(sign):06x}" for sign in value)
    return f"U&'{''.join(plain)}'"


@dataclass(frozen=True)
class Batch:
    """Rows of a query and what is expected of them.

    name: of the suite. copy: for queries that compute values (they are computed once, for a temporary table);
    without, the query is a view.
    """

    name: str
    query: str
    expectations: Sequence["Expectation"]
    copy: bool = False


class GateRunner:
    """Judges batches with suites in one ephemeral Great Expectations context; a context manager.

    engine: names the database; its transactions are not shared, so commit before checking.

    Each batch in turn is the temporary table or view ``batch`` of one session, which Great Expectations knows
    as one asset: what it keeps of an asset and looks up again costs more than judging a delivery.
    """

    def __init__(self, engine: Engine) -> None:
        self.url = engine.url

    def __enter__(self) -> Self:
        # Usage reports off before the context reads it: an office network is closed, and our
        # suites are nobody else's business.
        os.environ["GX_ANALYTICS_ENABLED"] = "false"
        # Drawings and statistics of expectations that no suite has: a quarter of the import.
        with deferred("altair", "scipy.stats"), seldom_collected():
            import great_expectations as gx
        from great_expectations.data_context.types.base import ProgressBarsConfig

        # For each decimal it looks through the whole stack whether its profiler calls, which nobody here does.
        gx.util.stack = lambda *_: []
        # It logs the database's error texts, which may hold values; faults reach us as CheckFault.
        # Its modules set levels of their own, so the way to our handlers is cut.
        logger = logging.getLogger("great_expectations")
        logger.propagate = False
        logger.handlers = [logging.NullHandler()]
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = ProgressBarsConfig(globally=False)
        url = self.url.set(drivername="postgresql+psycopg")
        self.source = context.data_sources.add_postgres(  # type: ignore[call-arg]
            "warehouse",
            connection_string=url.render_as_string(hide_password=False),
            create_temp_table=False,
            kwargs={
                "hide_parameters": True,
                "connect_args": {"application_name": "minzheng gate"},
                "plugins": [PLUGIN],
                # One session: the batch is temporary.
                "pool_size": 1,
                "max_overflow": 0,
            },
        )
        return self

    @cached_property
    def _batch(self) -> "BatchDefinition":
        # The table is looked for when it is added, in a session of its own.
        with self.source.get_engine().begin() as session:
            session.execute(text("create temporary table batch ()"))
        return self.source.add_table_asset("batch").add_batch_definition_whole_table("whole")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.source.get_execution_engine().close()
        self.source.get_engine().dispose()

    def run(self, gate: str, batches: Iterable[Batch]) -> list[CheckResult]:
        """Judge the batches of a gate; results in the order of batches and expectations.

        Not as validation definitions: each would be added to a store, with its suite, and read back to see
        that it is fresh, and what it finds be stored too, which is most of what judging a delivery costs.

        Raises CheckFault where an expectation cannot be evaluated.
        """
        from great_expectations.datasource.fluent.interfaces import TestConnectionError
        from great_expectations.exceptions import GreatExpectationsError

        checked = list(batches)
        for batch in checked:
            for expectation in batch.expectations:
                _refuse_fetching(expectation)
        try:
            outcomes = [self._validated(batch) for batch in checked]
        except (GreatExpectationsError, TestConnectionError, SQLAlchemyError) as error:
            raise CheckFault(
                f"检查无法进行。 {gate}: cannot be checked ({_error_name(str(error), error)})."
            ) from None
        return [_check_result(gate, result) for outcome in outcomes for result in outcome.results]

    def _validated(self, batch: Batch) -> "ExpectationSuiteValidationResult":
        import great_expectations as gx

        kind = "table" if batch.copy else "view"
        self._execute(f"create temporary {kind} batch as {batch.query}")
        try:
            suite = gx.ExpectationSuite(name=batch.name, expectations=list(batch.expectations))
            return self._batch.get_batch().validate(suite, result_format=RESULT_FORMAT)
        finally:
            self._execute("discard temporary")
            # What it knows of the columns of the batch.
            self.source.get_execution_engine().get_inspector().clear_cache()

    def _execute(self, statement: str) -> None:
        command: Any = text(statement)  # too wide a type for Great Expectations' hint
        self.source.get_execution_engine().execute_query_in_transaction(command)


def _refuse_fetching(expectation: "Expectation") -> None:
    """Expectations that read values, and words of Great Expectations that those of ours do not know."""
    from great_expectations.expectations.core import UnexpectedRowsExpectation
    from great_expectations.expectations.expectation import ColumnMapExpectation

    from expectations.counting import CountsOnly

    if isinstance(expectation, ColumnMapExpectation | UnexpectedRowsExpectation) and not isinstance(
        expectation, CountsOnly
    ):
        raise TypeError(f"{type(expectation).__name__} fetches values: use one of expectations.counting.")
    unknown = [name for name in PASSED_OVER if getattr(expectation, name, None)]
    if unknown and isinstance(expectation, CountsOnly):
        raise TypeError(f"{type(expectation).__name__} does not know {', '.join(unknown)}.")


def _error_name(message: str, error: BaseException | None = None) -> str:
    """Class of a database error from a message that may hold values; else that of the exception."""
    found = re.search(r"psycopg\.errors\.(\w+)", message)
    return found.group(1) if found else type(error).__name__ if error else "error"


def _check_result(suite: str, result: Any) -> CheckResult:
    config = result.expectation_config
    raised = [
        info for info in _exceptions(result.exception_info or {}) if info and info.get("raised_exception")
    ]
    if raised:
        name = _error_name(
            str(raised[0].get("exception_message")) + str(raised[0].get("exception_traceback"))
        )
        place = config.kwargs.get("column") or config.description or ""
        raise CheckFault(f"检查无法进行。 {suite}: {config.type} {place} cannot be evaluated ({name}).")
    found = result.result or {}
    observed = {name: config.kwargs.get(name) for name in LIMITS}
    observed["value"] = found.get("observed_value")
    measured = {name: _number(value) for name, value in observed.items() if _is_number(value)}
    divisions = {code: n for code, n in found.get("divisions", {}).items() if DIVISION.fullmatch(code)}
    return CheckResult(
        expectation=config.type,
        column_name=config.kwargs.get("column"),
        description=config.description or "",
        severity=cast(Severity, str(getattr(config.severity, "value", config.severity))),
        success=bool(result.success),
        element_count=found.get("element_count"),
        unexpected_count=found.get("unexpected_count"),
        observed=measured | ({"divisions": divisions} if divisions else {}),
        rule_code=(config.meta or {}).get("rule_code"),
    )


def _exceptions(info: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """One description, or one per metric, depending on where it was raised."""
    return (
        [info]
        if "raised_exception" in info
        else [part for part in info.values() if isinstance(part, Mapping)]
    )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _number(value: Any) -> float:
    return value if isinstance(value, int) else float(value)


COLUMNS = (
    "gate, subject, suite, expectation, column_name, description, severity, success, element_count,"
    " unexpected_count, observed, rule_code"
)
INSERT = text(
    f"insert into ops.gate_result ({COLUMNS}) select {COLUMNS}"
    " from jsonb_populate_recordset(cast(null as ops.gate_result), :results) with ordinality as result"
    " order by ordinality"
).bindparams(bindparam("results", type_=JSONB))


def record(connection: Connection, report: GateReport) -> None:
    """Add a report to ``ops.gate_result``, one row per expectation."""
    of_report = {"gate": report.gate, "subject": report.subject, "suite": report.suite}
    connection.execute(INSERT, {"results": [of_report | asdict(result) for result in report.results]})
