"""清洗、人员识别、集市、规则、发布检查、发布，然后更新模型文档。没有新交付时什么也不做。

发布检查未通过时任务失败且不重试：上一世代继续提供服务，原因见 `minzheng status` 与检查结果页。
重跑：清除（Clear）任务即可，任何时候都可以再跑。
"""

from datetime import datetime, timedelta

from airflow.sdk import dag, task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from airflow.timetables.interval import CronDataIntervalTimetable

from dags.common import BUILD_POOL, PUBLISHED, START, TIMEZONE, accepted, defaults
from ingestion.contract import load_contracts


@dag(
    dag_id="build_warehouse",
    dag_display_name="构建并发布",
    description="清洗、人员识别、集市、规则、发布检查、发布",
    schedule=CronDataIntervalTimetable("30 6 * * *", timezone=TIMEZONE),
    start_date=START,
    catchup=False,
    max_active_runs=1,
    tags=["构建", "build"],
    default_args=defaults(1, timedelta(minutes=10), BUILD_POOL, timedelta(hours=6)),
    doc_md=__doc__,
)
def build_warehouse() -> None:
    @task(
        task_display_name="构建、检查、发布",
        inlets=[accepted(feed) for feed in load_contracts()],
        outlets=[PUBLISHED],
    )
    def build_gate_publish(data_interval_end: datetime | None = None) -> int | None:
        from warehouse.database import database_url
        from warehouse.errors import GateClosed, without_values
        from warehouse.pipeline import build_gate_publish as build
        from warehouse.pipeline import last_full_day

        try:
            with without_values(), database_url() as url:
                publication = build(url, last_full_day(data_interval_end)).publication
        except GateClosed as closed:  # trying again would find the same
            raise AirflowFailException(str(closed)) from closed
        return publication.generation if publication else None

    @task(task_display_name="模型文档")
    def document(generation: int | None) -> None:
        from warehouse.database import database_url
        from warehouse.dbt import write_model_docs
        from warehouse.errors import without_values

        if generation is None:
            raise AirflowSkipException("没有新内容")
        with without_values(), database_url() as url:
            write_model_docs(url)

    document(build_gate_publish())


build_warehouse()
