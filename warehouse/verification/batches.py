"""Batches of re-verification (``audit.batch``): bookkeeping beside the log, which may be cleared away."""

from datetime import datetime
from pathlib import Path

import psycopg

FORGET = (Path(__file__).parent / "forget_batches.sql").read_text(encoding="utf-8")


def forget_batches(connection: psycopg.Connection, before: datetime) -> int:
    """Remove the batches submitted before a moment that are done; the number removed.

    Their requests hold personal data a second time. The answers and refusals stay in the log and
    under their report numbers; only the progress of the batch is no longer known. A batch with
    requests still waiting stays, however old; so does one whose callback waits, unless no service
    has sent it since that moment (``ops.unsent_callback``, an alert until then).
    """
    row = connection.execute(FORGET, {"before": before}).fetchone()
    assert row is not None
    return int(row[0])
