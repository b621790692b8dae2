"""按设置 `MINZHENG_KEEP_*` 清理：旧的发布世代、拒收行的原文、检查结果、日志。

没有设置期限的一律保留；原始数据、台账、人工决定、核对日志，以及曾经答复过核对的世代从不清理。
先看将清理多少：`minzheng retention`（只清点，不改动）。
"""

from datetime import timedelta

from airflow.sdk import dag, task
from airflow.timetables.interval import CronDataIntervalTimetable

from dags.common import BUILD_POOL, START, TIMEZONE, defaults, opened_warehouse


@dag(
    dag_id="retention",
    dag_display_name="按保留期限清理",
    description="清理超过保留期限的旧世代、拒收行原文、检查结果与日志",
    schedule=CronDataIntervalTimetable("0 22 * * 6", timezone=TIMEZONE),
    start_date=START,
    catchup=False,
    max_active_runs=1,
    tags=["运维", "operations"],
    default_args=defaults(1, timedelta(minutes=10), BUILD_POOL, timedelta(hours=2)),
    doc_md=__doc__,
)
def retention() -> None:
    @task(task_display_name="清理")
    def drop() -> None:
        from datetime import datetime

        from warehouse.database.settings import BUREAU_TIME
        from warehouse.publishing.retention import retain

        with opened_warehouse() as warehouse:
            for kind in retain(warehouse, datetime.now(BUREAU_TIME), is_dry_run=False):
                print(f"{kind.title}: {kind.count}")

    drop()


retention()
