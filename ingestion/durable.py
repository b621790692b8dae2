"""Files that a power cut does not take back."""

import os
from pathlib import Path


def put_in_place(unfinished: Path, target: Path) -> None:
    """Let a finished file take its name, in one step and for good: what it was made from may be given up afterwards.

    Without it the new name may stand over no content for as long as the system keeps writes back (half a minute).
    """
    _settle(unfinished)
    unfinished.replace(target)
    _settle(target.parent)


def _settle(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
