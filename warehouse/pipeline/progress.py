"""How far a step has come, for whoever shows it."""

from collections.abc import Callable

# Says which step is under way: title, work done, work in all (0 where it is not known).
Progress = Callable[[str, int, int], None]


def no_progress(title: str, done: int, total: int) -> None:
    """For callers who do not want to be told."""
