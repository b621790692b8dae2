"""A progress bar for people; a line per step in the log where nobody watches (cron, a pipe)."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import (
    Progress as Bar,
)
from rich.text import Text

from cli.console import harmless
from warehouse.pipeline.progress import Progress

LOGGER = logging.getLogger("minzheng.progress")
SECONDS_OF_SILENCE = 30.0


def _logged_progress() -> Progress:
    """A line as a step begins, and one now and then while it lasts."""
    step, told_at = "", 0.0

    def report(title: str, done: int, total: int) -> None:
        nonlocal step, told_at
        now, begun = time.monotonic(), title.split()[0]
        if begun != step or now - told_at >= SECONDS_OF_SILENCE:
            step, told_at = begun, now
            LOGGER.info("%s", f"{title} {done:,}/{total:,}" if total else title)

    return report


class RateColumn(ProgressColumn):
    """Things done (lines, models, deliveries) in a second of the step under way."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:,.0f}/s" if task.speed else "")


@contextmanager
def progress_bar(console: Console) -> Iterator[Progress]:
    """One line: the step under way, how much of it is done, how fast, time taken and time left.

    Without a terminal the steps go to the log.
    """
    if not console.is_terminal:
        yield _logged_progress()
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        RateColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task("准备 prepare", total=None)

        step = ""

        def report(title: str, done: int, total: int) -> None:
            nonlocal step
            if title.split()[0] != step:
                step = title.split()[0]
                bar.reset(task)  # the speed of one step tells nothing about the next
            bar.update(task, description=harmless(title), completed=done, total=total or None)

        yield report
