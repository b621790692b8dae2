"""The demo: an invented town goes through the whole job."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from rich.console import Console

from simulator import generate
from warehouse import report
from warehouse.config import settings
from warehouse.database import connect
from warehouse.explain import explain
from warehouse.pipeline import Run, run
from warehouse.progress import Progress
from warehouse.server import EmbeddedServer, running_server

# The finding most worth explaining: money paid without right, the largest first.
TELLING_FINDING = """
select finding_id from pub.current_finding
where outcome = 'hit'
order by rule_code = 'A01' desc, amount_yuan desc nulls last, finding_id
limit 1
"""


def demo_home() -> Path:
    """The demo's own home: invented people never mix with a bureau's own."""
    return settings().home / "demo"


@contextmanager
def demo_warehouse() -> Iterator[str]:
    """A new, empty embedded warehouse; what an earlier demo left is removed."""
    embedded = EmbeddedServer(demo_home())
    embedded.stop()
    for folder in (embedded.home, demo_home()):
        shutil.rmtree(folder, ignore_errors=True)
    settings().home, settings().database_url = demo_home(), ""
    with running_server(settings().home) as url:
        yield url


def run_demo(url: str, residents: int, seed: int, progress: Progress) -> Run:
    """Make a town of about that many residents and run the job on its deliveries."""
    progress("模拟交付 simulate", 0, 0)
    inbox = settings().home / "inbox"
    generate(inbox, residents=residents, seed=seed, progress=lambda step: progress(f"模拟交付 {step}", 0, 0))
    return run(url, inbox, progress=progress)


def print_demo(console: Console, url: str, result: Run) -> None:
    """Where every row went, the findings by rule, one of them explained, what to look at next."""
    with connect(url) as connection:
        report.print_run(console, connection, result)
        _print_one(console, connection)
    home = settings().home
    shown = home.relative_to(Path.cwd()) if home.is_relative_to(Path.cwd()) else home
    console.print(
        "\n接下来 next:\n"
        f"  export MINZHENG_HOME={shown}          以下命令看演示仓库 the commands below look at the demo\n"
        "  minzheng status                        来源时效、拒收与暂扣\n"
        "  minzheng findings --rule D04           某条规则的疑点清单\n"
        "  minzheng explain <编号>                一条疑点的来龙去脉\n"
        f"  minzheng evaluate --truth {shown / 'inbox' / 'truth'}\n"
        "  minzheng psql                          直接查询（marts、rules、api_v1、analytics）\n"
        "  unset MINZHENG_HOME; minzheng run --inbox <目录>   自己的交付 your own deliveries",
        markup=False, highlight=False, soft_wrap=True,
    )  # fmt: skip


def _print_one(console: Console, connection: psycopg.Connection) -> None:
    row = connection.execute(TELLING_FINDING).fetchone()
    if row:
        console.print("\n一条疑点的说明 one finding explained:")
        report.print_explanation(console, explain(connection, row[0], most_lines=4))
