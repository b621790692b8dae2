"""Batches of re-verification (``audit.batch``): bookkeeping beside the log, which may be cleared away."""

from datetime import datetime

import psycopg


def forget_batches(connection: psycopg.Connection, before: datetime) -> int:
    """Remove the batches submitted before a moment that are done; the number removed.

    Their requests hold personal data a second time. The answers and refusals stay in the log and
    under their report numbers; only the progress of the batch is no longer known. A batch with
    requests still waiting stays, however old.
    """
    row = connection.execute(
        """
        with

        done as (
            select batch.batch_id
            from audit.batch as batch
            where
                batch.submitted_at < %s
                and not exists (
                    select from audit.batch_item as item
                    where item.batch_id = batch.batch_id and item.report_no is null and item.problem_code is null
                )
            for update
        ),

        items as (
            delete from audit.batch_item as item using done where item.batch_id = done.batch_id
        ),

        batches as (
            delete from audit.batch as batch using done where batch.batch_id = done.batch_id
            returning batch.batch_id
        )

        select count(*) from batches
        """,
        [before],
    ).fetchone()
    assert row is not None
    return int(row[0])
