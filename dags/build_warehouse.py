"""Build the models from accepted deliveries, pass the release gate, publish."""

from datetime import datetime, timedelta

from airflow.sdk import dag, task
from airflow.timetables.interval import CronDataIntervalTimetable


@dag(
    dag_id="build_warehouse",
    dag_display_name="构建并发布",
    description="清洗、人员识别、集市、规则、发布检查、发布",
    schedule=CronDataIntervalTimetable("30 6 * * *", timezone="Asia/Shanghai"),
    start_date=datetime(2025, 1, 1),
    catchup=False,
    max_active_runs=1,
    tags=["build"],
    default_args={"owner": "data-engineering", "retries": 1, "retry_delay": timedelta(minutes=10)},
    doc_md=__doc__,
)
def build_warehouse() -> None:
    @task(task_display_name="构建、检查、发布")
    def build_gate_publish(data_interval_end: datetime | None = None) -> int | None:
        from warehouse.database import database_url
        from warehouse.errors import without_values
        from warehouse.pipeline import build_gate_publish as build
        from warehouse.pipeline import last_full_day

        with without_values(), database_url() as url:
            publication = build(url, last_full_day(data_interval_end)).publication
        return publication.generation if publication else None

    build_gate_publish()


build_warehouse()
