"""`minzheng status --timings`: what the last builds took, by step, and by the models that took longest."""

from collections.abc import Iterable, Sequence
from statistics import median

import psycopg
from rich.console import Console
from rich.table import Table

from warehouse.pipeline.build import STEPS
from warehouse.pipeline.timings import WHOLE, Taken, timings

SHOWN = 15  # models
BARS = "▁▂▃▄▅▆▇█"


def print_timings(console: Console, connection: psycopg.Connection) -> None:
    """Seconds by the wall clock, of the last builds: a build that follows another and one that makes everything
    anew stand side by side."""
    taken = timings(connection)
    builds = sorted({build for each in taken for build in each.seconds})
    if not builds:
        console.print("尚无构建用时 no build was timed yet: `minzheng build`", style="yellow")
        return
    steps = {each.step: each for each in taken if each.model == WHOLE}
    whole = Table(
        "步骤", *(f"#{build}" for build in builds), "走势", title="最近各次构建用时（秒） seconds by step"
    )
    for step, title in STEPS.items():
        if step in steps:
            whole.add_row(title, *_each(steps[step], builds), trend(steps[step], builds))
    console.print(whole)
    last = builds[-1]
    models = sorted(
        (each for each in taken if each.model != WHOLE and last in each.seconds),
        key=lambda each: -each.seconds[last],
    )
    table = Table(
        "模型", "步骤", f"#{last}", "此前中位数", "倍数", "走势",
        title=f"第 {last} 次构建用时最多的模型（秒） models that took longest",
    )  # fmt: skip
    for each in models[:SHOWN]:
        before = [seconds for build, seconds in each.seconds.items() if build != last]
        usual = median(before) if before else None
        table.add_row(
            each.model, each.step, f"{each.seconds[last]:.2f}",
            f"{usual:.2f}" if usual is not None else "",
            f"{each.seconds[last] / usual:.1f}" if usual else "",
            trend(each, builds),
        )  # fmt: skip
    console.print(table)


def _each(taken: Taken, builds: Sequence[int]) -> Iterable[str]:
    return (f"{taken.seconds[build]:.1f}" if build in taken.seconds else "" for build in builds)


def trend(taken: Taken, builds: Sequence[int]) -> str:
    """A bar for each build, as high as its seconds are of the most; a gap where it was not made."""
    most = max(taken.seconds.values()) or 1
    return "".join(
        BARS[round(taken.seconds[build] / most * (len(BARS) - 1))] if build in taken.seconds else " "
        for build in builds
    )
