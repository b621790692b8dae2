"""One at a time: programs that do the same work take turns, over all machines.

The turn is a row of ``ops.turn``, locked until the transaction ends. An advisory lock could be taken
by every login of the database, and keep all work waiting; this row only by who may do the work.
"""

import logging
import os
import socket

import psycopg

from ingestion.errors import IngestionError

log = logging.getLogger("minzheng.turns")

LONGEST_WAIT_SECONDS = 3600

# Whose transaction locked the row.
HOLDER = """
select concat_ws(' ', activity.usename, nullif(activity.application_name, ''), 'pid ' || activity.pid)
from ops.turn
inner join pg_locks as held on held.transactionid = turn.xmax and held.granted
inner join pg_stat_activity as activity on activity.pid = held.pid
where turn.name = %s
"""


def take_turn(
    connection: psycopg.Connection, name: str, longest_wait_seconds: int = LONGEST_WAIT_SECONDS
) -> None:
    """Until the transaction ends nobody else has this turn.

    connection: of a settled session (`ingestion.session`), which no limit on idle ones ends. Where
    somebody has the turn, says who (log ``minzheng.turns``), waits, and raises IngestionError, naming them
    again, after the time given.
    """
    # Whoever waits is told whose turn it is.
    me = f"minzheng {name} {socket.gethostname()[:20]}:{os.getpid()}"
    connection.execute("select set_config('application_name', %s, true)", [me[:63]])
    before = connection.execute("select current_setting('lock_timeout')").fetchone()
    connection.execute("select set_config('lock_timeout', %s, true)", [f"{longest_wait_seconds}s"])
    holder = "another program"
    try:
        # The first ever to take it makes the row, which until then nobody else sees.
        connection.execute("insert into ops.turn (name) values (%s) on conflict do nothing", [name])
        mine = "select from ops.turn where name = %s for update"
        if connection.execute(f"{mine} skip locked".encode(), [name]).fetchone() is None:
            holder = _holder(connection, name)
            log.warning("等候 %s：由 %s 占用。 Waiting for %s: %s has the turn.", name, holder, name, holder)
            connection.execute(mine.encode(), [name])
    except psycopg.errors.LockNotAvailable:
        raise IngestionError(
            f"等候 {name} 已 {longest_wait_seconds} 秒，仍由 {holder} 占用，什么也未做。 "
            f"Waited {longest_wait_seconds} seconds for {name}: {holder} has the turn. Nothing was done. When "
            "that program is still at work, run again later; when it hangs, end it first."
        ) from None
    connection.execute("select set_config('lock_timeout', %s, true)", before)


def _holder(connection: psycopg.Connection, name: str) -> str:
    row = connection.execute(HOLDER, [name]).fetchone()
    return str(row[0]) if row else "another program"
