"""What the DAGs share: owner, pools, time limits, and whom a failure is told."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import Asset

if TYPE_CHECKING:  # a scheduler reads these files again and again
    from warehouse.database.connection import Warehouse

START = datetime(2025, 1, 1)
TIMEZONE = "Asia/Shanghai"
# Slots are set by `airflow pools import dags/pools.json`; a task whose pool is missing never starts.
LANDING_POOL, BUILD_POOL, PULLING_POOL = "landing", "build", "pulling"

# Nothing is scheduled by assets: they show in the UI what was last accepted and published, and by whom.
PUBLISHED = Asset("published", uri="minzheng://pub", group="published")


@contextmanager
def opened_warehouse() -> Iterator["Warehouse"]:
    """The database; of its errors the kind alone reaches the log of a task."""
    from warehouse.database.chosen import open_warehouse
    from warehouse.database.errors import without_values

    with without_values(), open_warehouse() as warehouse:
        yield warehouse


def accepted(feed: str) -> Asset:
    """The deliveries of a feed that passed the landing gate."""
    return Asset(f"accepted_{feed}", uri=f"minzheng://raw/{feed}", group="accepted")


def tell_failure(context: Any) -> None:
    """The last try failed: open (and send) an alert under the name of the task."""
    from warehouse.alerting.alerts import raise_failure, send_unkept
    from warehouse.database.errors import MinzhengError

    error = context["exception"]
    cause = error.__cause__ or error
    try:
        with opened_warehouse() as warehouse:
            raise_failure(warehouse, _subject(context), cause)
    except MinzhengError:  # no database to keep it in
        send_unkept(_subject(context), cause)


def tell_success(context: Any) -> None:
    """The task has done its work: close the alert of an earlier failure."""
    from warehouse.alerting.alerts import close_failure

    with opened_warehouse() as warehouse:
        close_failure(warehouse, _subject(context))


def _subject(context: Any) -> str:
    task = context["task_instance"]
    return f"{task.dag_id}.{task.task_id}"


def defaults(retries: int, delay: timedelta, pool: str, limit: timedelta) -> dict[str, Any]:
    """Default arguments of the tasks of a DAG."""
    return {
        "owner": "data-engineering",
        "retries": retries,
        "retry_delay": delay,
        "pool": pool,
        "execution_timeout": limit,
        "on_failure_callback": tell_failure,
        "on_success_callback": tell_success,
    }
