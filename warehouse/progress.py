"""A progress bar for people; silence where nobody watches (Airflow, a pipe)."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from warehouse.pipeline import Progress as Report
from warehouse.pipeline import no_progress


@contextmanager
def progress_bar(console: Console) -> Iterator[Report]:
    """One line that shows the step under way, how much of it is done and the time taken."""
    if not console.is_terminal:
        yield no_progress
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("准备 prepare", total=None)

        def report(title: str, done: int, total: int) -> None:
            bar.update(task, description=title, completed=done, total=total or None)

        yield report
