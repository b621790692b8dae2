"""One landing DAG per feed contract: fetch it where the contract says from where, land what is complete and new, then
judge it.

Scheduled by time with a data interval, so that the UI and the CLI can backfill: a run takes
in what is dated before the end of its interval. Only delivery ids go to XCom.
"""

import logging
from datetime import datetime, timedelta

from airflow.sdk import DAG, dag, task
from airflow.sdk.exceptions import AirflowFailException
from airflow.timetables.interval import CronDataIntervalTimetable

from dags.common import LANDING_POOL, PULLING_POOL, START, TIMEZONE, accepted, defaults, opened_warehouse
from ingestion.contract import Contract, load_contracts

GUIDE = """**{title}**（{owner}）

{purpose}

{limitations}

* 取数（契约写明来源系统的）：向来源系统取新内容，写成一份交付放入交换目录；同一来源一次只有一个。
* 落地：把交换目录中完整且未落地的交付逐行写入 `raw.{feed}` 或拒收清单。
* 落地检查失败：交付被整份暂扣，没有被使用。
  核实后 `minzheng accept <交付编号> --reason "..."`，再清除（Clear）失败的任务。
* 补数：`airflow backfill create --dag-id land_{feed} --from-date 2025-06-27 --to-date 2025-06-28T23:59`，
  两个业务日期各运行一次（不写时刻的截止日期不含当日），或 `minzheng backfill`。
"""


def land_dag(contract: Contract) -> DAG:
    """The DAG that lands one feed, on the schedule of its contract."""

    @dag(
        dag_id=f"land_{contract.feed}",
        dag_display_name=f"落地 {contract.title}",
        description=contract.purpose,
        schedule=CronDataIntervalTimetable(contract.schedule, timezone=TIMEZONE),
        start_date=START,
        catchup=False,
        max_active_runs=1,
        tags=["落地", "landing", contract.system],
        default_args=defaults(2, timedelta(minutes=5), LANDING_POOL, timedelta(hours=2)),
        doc_md=GUIDE.format(
            title=contract.title,
            owner=contract.owner,
            purpose=contract.purpose,
            limitations=contract.limitations,
            feed=contract.feed,
        ),
    )
    def land_feed() -> None:
        @task.sensor(
            task_display_name="等候来源时段",
            mode="reschedule",
            poke_interval=300,
            timeout=24 * 3600,
            pool=PULLING_POOL,
        )
        def may_be_asked() -> bool:
            """Frees its slot until the hours in which the source may be asked."""
            from warehouse.database.settings import BUREAU_TIME

            window = contract.source and contract.source.window
            return window is None or window.is_open(datetime.now(BUREAU_TIME))

        @task(task_display_name="取数", pool=PULLING_POOL)
        def fetch(data_interval_end: datetime | None = None) -> str | None:
            from ingestion.pulling.pull import Wish
            from warehouse.database.settings import settings
            from warehouse.pipeline.pulling import pull
            from warehouse.pipeline.runs import last_full_day

            # Of the day that is landed next, and never older than what landed: a run of an old day fetches nothing old.
            wish = Wish(last_full_day(data_interval_end), may_be_later=True)
            with opened_warehouse() as warehouse:
                pulled = pull(warehouse, settings().inbox, contract.feed, wish)
            for why, places in pulled.left.items():
                logging.getLogger(__name__).warning("未取 left: %s %s", len(places), why.value)
            return pulled.delivery_id

        # What lies there already lands also where its source was down, or its hours were over.
        @task(task_display_name="落地", trigger_rule="all_done")
        def land(data_interval_end: datetime | None = None) -> list[str]:
            from warehouse.database.settings import settings
            from warehouse.pipeline.runs import land as land_deliveries
            from warehouse.pipeline.runs import last_full_day

            with opened_warehouse() as warehouse:
                through = last_full_day(data_interval_end)
                results = land_deliveries(warehouse, settings().inbox, through, {contract.feed})
            return [result.delivery_id for result in results if result.outcome == "landed"]

        @task(task_display_name="落地检查", outlets=[accepted(contract.feed)])
        def gate(landed: list[str]) -> list[str]:
            from warehouse.database.errors import GateClosed
            from warehouse.pipeline.runs import gate_deliveries

            with opened_warehouse() as warehouse:
                held = [report.subject for report in gate_deliveries(warehouse, {contract.feed})]
            if held:  # trying again would change nothing: somebody has to look
                closed = GateClosed(f"Held: {', '.join(held)}. See `minzheng status`.")
                raise AirflowFailException(str(closed)) from closed
            return landed

        landed = land()
        if contract.source is not None:
            may_be_asked() >> fetch() >> landed
        gate(landed)

    return land_feed()


for feed_contract in load_contracts().values():
    land_dag(feed_contract)
