"""每日为核对日志写锚点（SM3）：同 `minzheng audit anchor`。

锚点文件在数据库之外（`MINZHENG_AUDIT_ANCHORS`），应另存到数据库管理员写不到的地方。
失败表示日志已不完整：不写锚点，先运行 `minzheng audit verify`。
"""

from datetime import timedelta

from airflow.sdk import dag, task
from airflow.timetables.interval import CronDataIntervalTimetable

from dags.common import LANDING_POOL, START, TIMEZONE, defaults, opened_warehouse


@dag(
    dag_id="anchor_log",
    dag_display_name="核对日志锚点",
    description="每日把核对日志写到哪里（SM3）记入数据库之外的文件",
    schedule=CronDataIntervalTimetable("50 23 * * *", timezone=TIMEZONE),
    start_date=START,
    catchup=False,
    max_active_runs=1,
    tags=["审计", "audit"],
    default_args=defaults(1, timedelta(minutes=10), LANDING_POOL, timedelta(hours=1)),
    doc_md=__doc__,
)
def anchor_log() -> None:
    @task(task_display_name="写锚点")
    def anchor() -> int:
        from warehouse.verification.audit import anchor_log as write

        with opened_warehouse() as warehouse:
            return len(write(warehouse))

    anchor()


anchor_log()
