"""One landing DAG per feed contract: land what is complete and new, then judge it.

Scheduled by time with a data interval, so that the UI and the CLI can backfill: a run takes
in what is dated before the end of its interval. Only delivery ids go to XCom.
"""

from datetime import datetime, timedelta

from airflow.sdk import DAG, dag, task
from airflow.timetables.interval import CronDataIntervalTimetable

from ingestion.contract import Contract, load_contracts

DEFAULTS = {"owner": "data-engineering", "retries": 2, "retry_delay": timedelta(minutes=5)}


def land_dag(contract: Contract) -> DAG:
    """The DAG that lands one feed, on the schedule of its contract."""

    @dag(
        dag_id=f"land_{contract.feed}",
        dag_display_name=f"落地 {contract.title}",
        description=contract.purpose,
        schedule=CronDataIntervalTimetable(contract.schedule, timezone="Asia/Shanghai"),
        start_date=datetime(2025, 1, 1),
        catchup=False,
        max_active_runs=1,
        tags=["landing", contract.system],
        default_args=DEFAULTS,
        doc_md=f"**{contract.title}**（{contract.owner}）\n\n{contract.purpose}\n\n{contract.limitations}",
    )
    def land_feed() -> None:
        @task(task_display_name="落地")
        def land(data_interval_end: datetime | None = None) -> list[str]:
            from warehouse.config import settings
            from warehouse.database import database_url
            from warehouse.errors import without_values
            from warehouse.pipeline import land as land_deliveries
            from warehouse.pipeline import last_full_day

            with without_values(), database_url() as url:
                through = last_full_day(data_interval_end)
                results = land_deliveries(url, settings().inbox, through, {contract.feed})
            return [result.delivery_id for result in results if result.outcome == "landed"]

        @task(task_display_name="落地检查", retries=0)
        def gate(landed: list[str]) -> list[str]:
            from warehouse.database import database_url
            from warehouse.errors import GateClosed, without_values
            from warehouse.pipeline import gate_deliveries

            with without_values(), database_url() as url:
                held = [report.subject for report in gate_deliveries(url, {contract.feed})]
            if held:
                raise GateClosed(f"Held: {', '.join(held)}. See `minzheng status`.")
            return landed

        gate(land())

    return land_feed()


for feed_contract in load_contracts().values():
    land_dag(feed_contract)
