"""`make bench` or `python -m benchmarks.build --residents 30000 100000`: all steps of a run, by size of town.

For each size: three days at once from an empty database, the simulator's fourth day, a day on which 1 % of the
lines of every feed change (`changed.py`), and everything anew. Of every step the wall clock and the processor time
of client and server; of models the seconds dbt counts. Printed as tables, and kept as lines of a history with the
machine and the versions named. On a machine with other work only the ratios of one run mean something.
"""

import argparse
import json
import math
import os
import platform
import resource
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

import psycopg

from benchmarks.build.changed import change
from benchmarks.landing.__main__ import scratch_database
from lab.simulator import generate
from warehouse.database.connection import Warehouse
from warehouse.database.settings import PROJECT_ROOT, settings
from warehouse.pipeline import build
from warehouse.pipeline.runs import gate_deliveries, land

FIRST_DAY, DAYS, SHARE = date(2025, 6, 25), 4, 0.01
HISTORY = Path(__file__).with_name("history.jsonl")
FIRST, NEXT, CHANGED, ANEW = "first", "next day", "1 % of every feed", "full refresh"
LARGEST = 15  # models shown
TICKS = os.sysconf("SC_CLK_TCK")
Result = TypeVar("Result")


@dataclass
class Cost:
    """Seconds: by the wall clock, and of processor time of this program and of the server."""

    wall: float
    client: float
    server: float

    @property
    def processor(self) -> float:
        return self.client + self.server


@dataclass
class Kind:
    """What one kind of run cost: by step, by model (seconds as dbt counts them), and rows published."""

    steps: dict[str, Cost] = field(default_factory=dict)
    models: dict[str, float] = field(default_factory=dict)
    rows_written: int = 0

    @property
    def processor(self) -> float:
        return sum(cost.processor for cost in self.steps.values())

    @property
    def wall(self) -> float:
        return sum(cost.wall for cost in self.steps.values())


def client_seconds() -> float:
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in spent)


def server_seconds(postmaster: int) -> float:
    """Of the server and all it has begun. Ended sessions are in its own account of children."""
    ticks = sum(_ticks(postmaster)[1:])
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                parent, own, children = _ticks(int(process.name))
            except OSError:  # ended meanwhile
                continue
            ticks += own + children if parent == postmaster else 0
    return ticks / TICKS


def _ticks(process: int) -> tuple[int, int, int]:
    """Parent, own processor time and that of ended children."""
    told = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return int(told[1]), int(told[11]) + int(told[12]), int(told[13]) + int(told[14])


class Meter:
    """Measures the steps of runs on a database of the embedded server."""

    def __init__(self, database: Warehouse) -> None:
        self.database = database
        with database.connect() as connection:
            ((folder,),) = connection.execute("show data_directory").fetchall()
        self.postmaster = int(Path(folder, "postmaster.pid").read_text().split()[0])

    def step(self, kind: Kind, name: str, work: Callable[[], Result]) -> Result:
        wall, client, server = time.perf_counter(), client_seconds(), server_seconds(self.postmaster)
        result = work()
        kind.steps[name] = Cost(
            time.perf_counter() - wall,
            client_seconds() - client,
            server_seconds(self.postmaster) - server,
        )
        return result

    def run(self, inbox: Path, through: date | None = None, full_refresh: bool = False) -> Kind:
        """Every step of a run of its own; the server is at rest before."""
        with psycopg.connect(self.database.address, autocommit=True) as connection:
            connection.execute("vacuum analyze")  # what the server would else do beside the run
            connection.execute("checkpoint")
        kind, log = Kind(), settings().log_dir / "lineage.jsonl"
        told = log.stat().st_size if log.exists() else 0
        self.step(kind, "land", lambda: land(self.database, inbox, through))
        held = self.step(kind, "gate", lambda: gate_deliveries(self.database))
        assert not held, f"held: {[report.subject for report in held]}"
        begun = self.step(kind, "stage", lambda: build.stage(self.database, through, full_refresh))
        assert begun is not None
        for name, work in (("link", build.link), ("derive", build.derive), ("judge", build.judge)):
            self.step(kind, name, lambda work=work: work(self.database, begun.build_no))  # type: ignore[misc]
        published = self.step(kind, "publish", lambda: build.publish(self.database, begun.build_no))
        assert published is not None
        kind.rows_written = published.inserted + published.closed
        kind.models = dict(model_seconds(log, told))
        return kind


def model_seconds(log: Path, since: int) -> Iterator[tuple[str, float]]:
    """Seconds by model, from the lineage written since a place of its file."""
    begun: dict[str, datetime] = {}
    with log.open(encoding="utf-8") as lines:
        lines.seek(since)
        for line in lines:
            event = json.loads(line)
            model, moment = event["job"]["name"], datetime.fromisoformat(event["eventTime"])
            if event["eventType"] == "START":
                begun[model] = moment
            else:
                yield model, (moment - begun[model]).total_seconds()


@contextmanager
def home() -> Iterator[Path]:
    """A folder of its own for server, state and deliveries."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MINZHENG_HOME"] = str(Path(folder) / "home")
        settings.cache_clear()
        yield Path(folder)


def measure(residents: int, with_full_refresh: bool) -> dict[str, Kind]:
    last = FIRST_DAY + timedelta(days=DAYS - 1)
    with home() as folder:
        inbox, changed = folder / "inbox", folder / "changed"
        generate(inbox, residents=residents, seed=5, days=DAYS, first_day=FIRST_DAY)
        change(inbox, changed, last + timedelta(days=1), SHARE)
        with scratch_database("minzheng_build") as database:
            meter = Meter(database)
            kinds = {FIRST: meter.run(inbox, through=last - timedelta(days=1))}
            kinds[NEXT] = meter.run(inbox)
            kinds[CHANGED] = meter.run(changed)
            if with_full_refresh:
                kinds[ANEW] = meter.run(changed, full_refresh=True)
        return kinds


def machine() -> dict[str, str]:
    """What the figures are of: processor, cores, versions and load."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    commit = subprocess.run(
        ["git", "-C", str(PROJECT_ROOT), "rev-parse", "--short", "HEAD"],
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    return {
        "at": f"{datetime.now(UTC):%Y-%m-%d %H:%M}",
        "commit": commit,
        "processor": f"{os.cpu_count()} × {model}",
        "load": f"{os.getloadavg()[0]:.1f}",
        "python": platform.python_version(),
        "threads": str(settings().dbt_threads),
    }


def growth(sizes: dict[int, dict[str, Kind]], kind: str) -> Iterator[tuple[int, int, float]]:
    """Between two sizes that follow: by which power of the residents processor time grows."""
    for smaller, larger in pairwise(sorted(sizes)):
        ratio = sizes[larger][kind].processor / sizes[smaller][kind].processor
        yield smaller, larger, math.log(ratio) / math.log(larger / smaller)


def table(residents: int, kinds: dict[str, Kind]) -> Iterator[str]:
    """Markdown: steps, then the models that cost most on the day of small changes."""
    first = kinds[FIRST]
    yield f"| {residents:,} residents, processor s (client + server) | " + " | ".join(kinds) + " |"
    yield "|---|" + "---|" * len(kinds)
    for step in first.steps:
        costs = [kind.steps[step] for kind in kinds.values()]
        yield f"| {step} | " + " | ".join(f"{cost.client:.1f} + {cost.server:.1f}" for cost in costs) + " |"
    yield "| together | " + " | ".join(f"{kind.processor:.1f}" for kind in kinds.values()) + " |"
    yield (
        "| of a first run | "
        + " | ".join(f"{kind.processor / first.processor:.2f}" for kind in kinds.values())
        + " |"
    )
    yield "| wall | " + " | ".join(f"{kind.wall:.0f}" for kind in kinds.values()) + " |"
    yield (
        "| rows published or ended | "
        + " | ".join(f"{kind.rows_written:,}" for kind in kinds.values())
        + " |"
    )
    yield ""
    yield "| model, s | " + " | ".join(kinds) + " |"
    yield "|---|" + "---|" * len(kinds)
    changed = kinds[CHANGED].models
    for model in sorted(changed, key=lambda name: -changed[name])[:LARGEST]:
        seconds = [kind.models.get(model, 0.0) for kind in kinds.values()]
        yield f"| {model} | " + " | ".join(f"{taken:.2f}" for taken in seconds) + " |"
    yield ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--residents", type=int, nargs="+", default=[100_000])
    parser.add_argument("--no-full-refresh", action="store_true")
    arguments = parser.parse_args()
    sizes = {}
    for residents in arguments.residents:
        about = machine()
        sizes[residents] = measure(residents, not arguments.no_full_refresh)
        with HISTORY.open("a", encoding="utf-8") as history:
            kinds = {name: asdict(kind) for name, kind in sizes[residents].items()}
            history.write(json.dumps(about | {"residents": residents, "kinds": kinds}) + "\n")
        print(", ".join(f"{name} {value}" for name, value in about.items()) + "\n")
        print("\n".join(table(residents, sizes[residents])), flush=True)
    for kind in (FIRST, NEXT, CHANGED):
        for smaller, larger, exponent in growth(sizes, kind):
            print(
                f"{kind}: from {smaller:,} to {larger:,} residents processor time grows by the power {exponent:.2f}"
            )


if __name__ == "__main__":
    main()
