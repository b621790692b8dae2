"""The demo: an invented town goes through the whole job."""

import shutil
from pathlib import Path

import psycopg
from rich.console import Console

from simulator import generate
from warehouse import report
from warehouse.config import settings
from warehouse.database import connect
from warehouse.explain import explain
from warehouse.pipeline import Progress, Run, run

# The finding most worth explaining: money paid without right, the largest first.
TELLING_FINDING = """
select finding_id from rules.finding
where outcome = 'hit'
order by rule_code = 'A01' desc, amount_yuan desc nulls last, finding_id
limit 1
"""


def demo_inbox() -> Path:
    return settings().home / "demo_inbox"


def run_demo(url: str, residents: int, seed: int, progress: Progress) -> Run:
    """Make a town of about that many residents and run the job on its deliveries."""
    inbox = demo_inbox()
    shutil.rmtree(inbox, ignore_errors=True)
    progress("模拟交付 simulate", 0, 0)
    generate(inbox, residents=residents, seed=seed, progress=lambda step: progress(f"模拟交付 {step}", 0, 0))
    return run(url, inbox, progress=progress)


def print_demo(console: Console, url: str, result: Run) -> None:
    """Where every row went, the findings by rule, one of them explained, what to look at next."""
    with connect(url) as connection:
        report.print_ledger(console, connection)
        report.print_linkage(console, connection, result.linkage)
        report.print_gates(console, result.anomalies, result.release)
        report.print_findings(console, connection)
        _print_one(console, connection)
    console.print(
        "\n接下来 next:\n"
        "  minzheng status                        来源时效、拒收与暂扣\n"
        "  minzheng findings --rule D04           某条规则的疑点清单\n"
        "  minzheng explain <编号>                一条疑点的来龙去脉\n"
        f"  minzheng evaluate --truth {demo_inbox() / 'truth'}\n"
        "  minzheng psql                          直接查询（marts、rules、api_v1、analytics）\n"
        "  minzheng run --inbox <目录>            换成自己的交付",
        markup=False, highlight=False, soft_wrap=True,
    )  # fmt: skip


def _print_one(console: Console, connection: psycopg.Connection) -> None:
    row = connection.execute(TELLING_FINDING).fetchone()
    if row:
        console.print("\n一条疑点的说明 one finding explained:")
        report.print_explanation(console, explain(connection, row[0], most_lines=4))
