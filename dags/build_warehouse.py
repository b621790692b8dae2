"""清洗、人员识别、集市与规则、发布检查、发布，一步一个任务，然后更新模型文档。没有新交付时各步什么也不做。

任务之间只传构建编号，进度记在 `ops.build_under_way`：清除（Clear）失败的任务及其后续即可接着做，做过的不再做。
构建开始后才接受的交付留给下一次构建。若期间另一次构建（如 `minzheng run`）已经超前，任务失败并说明如何继续。
发布检查未通过时任务失败且不重试：上一世代继续提供服务，原因见 `minzheng status` 与检查结果页。
全部重建：触发时勾选“从 raw 全部重建”。
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import Param, dag, task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from airflow.timetables.interval import CronDataIntervalTimetable

from dags.common import BUILD_POOL, PUBLISHED, START, TIMEZONE, accepted, defaults, opened_warehouse
from ingestion.contract import load_contracts

if TYPE_CHECKING:
    from warehouse.database.connection import Warehouse


@contextmanager
def opened() -> Iterator["Warehouse"]:
    """The database; what trying again cannot heal fails the task at once."""
    from warehouse.database.errors import GateClosed, UsageError

    try:
        with opened_warehouse() as warehouse:
            yield warehouse
    except (GateClosed, UsageError) as error:
        raise AirflowFailException(str(error)) from error


@dag(
    dag_id="build_warehouse",
    dag_display_name="构建并发布",
    description="清洗、人员识别、集市与规则、发布检查、发布",
    schedule=CronDataIntervalTimetable("30 6 * * *", timezone=TIMEZONE),
    start_date=START,
    catchup=False,
    max_active_runs=1,
    tags=["构建", "build"],
    params={"full_refresh": Param(False, type="boolean", title="从 raw 全部重建")},
    default_args=defaults(1, timedelta(minutes=10), BUILD_POOL, timedelta(hours=6)),
    doc_md=__doc__,
)
def build_warehouse() -> None:
    # A task without a build passes on that there is none: done, it closes the alert of an earlier failure.

    @task(task_display_name="清洗", inlets=[accepted(feed) for feed in load_contracts()])
    def stage(data_interval_end: datetime | None = None, params: dict[str, Any] | None = None) -> int | None:
        from warehouse.pipeline import build
        from warehouse.pipeline.runs import last_full_day

        with opened() as warehouse:
            begun = build.stage(
                warehouse, last_full_day(data_interval_end), bool(params and params["full_refresh"])
            )
        return begun.build_no if begun else None

    @task(task_display_name="人员识别")
    def link(build_no: int | None) -> int | None:
        from warehouse.pipeline import build

        if build_no is not None:
            with opened() as warehouse:
                print(build.link(warehouse, build_no) or "此前已完成")
        return build_no

    @task(task_display_name="集市与规则")
    def derive(build_no: int | None) -> int | None:
        from warehouse.pipeline import build

        if build_no is not None:
            with opened() as warehouse:
                build.derive(warehouse, build_no)
        return build_no

    @task(task_display_name="发布检查")
    def judge(build_no: int | None) -> int | None:
        from warehouse.pipeline import build

        if build_no is not None:
            with opened() as warehouse:
                build.judge(warehouse, build_no)
        return build_no

    @task(task_display_name="发布", outlets=[PUBLISHED])
    def publish(build_no: int | None) -> int | None:
        from warehouse.pipeline import build

        if build_no is not None:
            with opened() as warehouse:
                print(build.publish(warehouse, build_no) or "此前已发布")
        return build_no

    @task(task_display_name="模型文档")
    def document(build_no: int | None) -> None:
        from warehouse.pipeline.dbt import write_model_docs

        if build_no is None:
            raise AirflowSkipException("没有新内容")
        with opened() as warehouse:
            write_model_docs(warehouse)

    document(publish(judge(derive(link(stage())))))


build_warehouse()
