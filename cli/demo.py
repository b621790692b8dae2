"""The demo: an invented town goes through the whole job."""

import os
import shlex
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from rich.console import Console

from cli import report
from cli.progress import Progress
from cli.source_demo import vehicle_office
from ingestion.bureau import EXAMPLE, PREFIX
from ingestion.pulling.pull import Pulled
from lab.simulator import generate
from serving.desk.overview import on_file
from warehouse.casework.explain import explain
from warehouse.casework.findings import SHOWN_CHARACTERS
from warehouse.casework.overview import overview
from warehouse.database.connection import Warehouse
from warehouse.database.server import EmbeddedServer, running_server
from warehouse.database.settings import settings
from warehouse.pipeline.runs import Run, run

OVERVIEW = "overview.html"
DOUBTS = 6  # cases for the page of identity review
PURPOSE = "review"  # of the demo's readings, which its log keeps as any others

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


def use_demo() -> None:
    """From here on this process works on the example bureau in the demo's own home."""
    home = demo_home()
    own = home / "bureau"  # of a demo that fetches (`--source`)
    os.environ[f"{PREFIX}BUREAU"] = str(own if own.is_dir() else EXAMPLE)
    settings().dbt_manifests = settings().manifest_dir  # the program's own, which outlive a demo
    settings().home, settings().database_url = home, ""


@contextmanager
def demo_warehouse() -> Iterator[Warehouse]:
    """A new, empty embedded warehouse of the example bureau; what an earlier demo left is removed."""
    use_demo()
    embedded = EmbeddedServer(settings().home)
    embedded.stop()
    for folder in (embedded.home, settings().home):
        shutil.rmtree(folder, ignore_errors=True)
    os.environ[f"{PREFIX}BUREAU"] = str(EXAMPLE)
    with running_server(settings().home) as warehouse:
        yield warehouse


def run_demo(
    warehouse: Warehouse, residents: int, seed: int, progress: Progress, fetches: bool = False
) -> tuple[Run, Pulled | None]:
    """Make a town of about that many residents and run the job on its deliveries. fetches: one of them stands in a
    MariaDB instead and is fetched first; what came is told."""
    progress("模拟交付 simulate", 0, 0)
    inbox = settings().home / "inbox"
    generate(inbox, residents, seed, doubts=DOUBTS, progress=lambda step: progress(f"模拟交付 {step}", 0, 0))
    if not fetches:
        return run(warehouse, inbox, progress=progress), None
    with vehicle_office(inbox, settings().home) as office:
        progress("取数 pull", 0, 0)
        pulled = office.fetched(warehouse)
    return run(warehouse, inbox, progress=progress), pulled


def print_demo(console: Console, warehouse: Warehouse, result: Run) -> None:
    """Where every row went, the findings by rule, one of them explained, what to look at next; leaves the overview as
    a page."""
    with warehouse.connect() as connection:
        report.print_run(console, connection, result)
        finding_id = _print_one(console, connection)
        page = settings().home / OVERVIEW
        page.write_text(on_file(overview(connection)), encoding="utf-8")
    console.print()
    console.print(
        f"一览，用浏览器打开 the overview, to be opened in a browser: {_shown(page)}",
        highlight=False,
        soft_wrap=True,
    )
    console.print("接下来 next:")
    for command, text in next_steps(settings().home, finding_id):
        console.print(f"  {command:<56} {text}", highlight=False, soft_wrap=True)


def next_steps(home: Path, finding_id: str | None) -> list[tuple[str, str]]:
    """Commands that work as typed in the folder one is in, and what each shows."""
    minzheng = _as_typed()
    steps = [
        (f"export MINZHENG_HOME={_shown(home)}", "以下命令看演示仓库 the commands below look at the demo"),
        (f"{minzheng} status", "来源时效、拒收与暂扣"),
        (f"{minzheng} findings --rule D04 --purpose {PURPOSE}", "某条规则的疑点清单"),
        (f"{minzheng} evaluate --truth {_shown(home / 'inbox' / 'truth')}", "与已知真相比较"),
        (f"{minzheng} psql", "直接查询（marts、rules、api_v1、analytics）"),
        ("unset MINZHENG_HOME", "回到自己的仓库 back to your own"),
        (f"{minzheng} desk --demo", "以核对员身份试用工作台 the officers' desk, in a browser"),
        (f"{minzheng} serve --demo", "向审批系统的开发者试开核对接口"),
        (f"{minzheng} run --inbox DIR", "自己的交付，DIR 为交换目录 your own deliveries"),
    ]
    if finding_id:
        steps.insert(
            3,
            (f"{minzheng} explain {finding_id[:SHOWN_CHARACTERS]} --purpose {PURPOSE}", "一条疑点的来龙去脉"),
        )
    return steps


def _as_typed() -> str:
    """How to call the program from here: by its name where PATH finds it, else by its place."""
    program = Path(sys.executable).with_name("minzheng")
    found = shutil.which("minzheng")
    return "minzheng" if found and Path(found).samefile(program) else _shown(program)


def _shown(path: Path) -> str:
    """For a shell, and as short as the folder one is in allows."""
    here = Path.cwd()
    return shlex.quote(str(path.relative_to(here) if path.is_relative_to(here) else path))


def _print_one(console: Console, connection: psycopg.Connection) -> str | None:
    """Explain the most telling finding; its id, null where there is none."""
    row = connection.execute(TELLING_FINDING).fetchone()
    if row is None:
        return None
    console.print()
    console.print("一条疑点的说明 one finding explained:")
    report.print_explanation(console, explain(connection, row[0], PURPOSE, most_lines=4))
    return str(row[0])
