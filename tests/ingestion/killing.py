"""Landing in another process that dies by SIGKILL at a named step."""

import importlib
import os
import signal
from collections.abc import Mapping
from pathlib import Path

from small_inbox import CONTRACTS

from ingestion.contract import Contract
from ingestion.landing import land_inbox
from warehouse.database.connection import Warehouse


def landing_is_killed(
    database: Warehouse,
    root: Path,
    step: str,
    when: str,
    call: int,
    contracts: Mapping[str, Contract] = CONTRACTS,
) -> bool:
    """Land an inbox in a child process. False where it came to its end without reaching the step."""
    child = os.fork()
    if child == 0:
        try:
            _die_at(step, when, call)
            with database.connect() as connection:
                land_inbox(connection, contracts, root)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


def _die_at(step: str, when: str, call: int) -> None:
    """Replace a function by one that kills this process."""
    place, _, name = step.rpartition(".")
    owner: object
    try:
        owner = importlib.import_module(f"ingestion.{place}")
    except ModuleNotFoundError:  # a method: module.Class
        module, _, kind = place.rpartition(".")
        owner = getattr(importlib.import_module(f"ingestion.{module}"), kind)
    original = getattr(owner, name)
    calls = 0

    def deadly(*arguments: object, **named: object) -> object:
        nonlocal calls
        calls += 1
        if calls == call and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = original(*arguments, **named)
        if calls == call:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, deadly)
