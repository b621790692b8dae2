"""The ways to bring a file into PostgreSQL that are compared. Each runs in a process of its own."""

import json
import os
import re
import resource
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import pandas as pd
import psycopg
from psycopg import sql

from ingestion.contract import Contract
from ingestion.inbox import Delivery
from ingestion.landing import land
from warehouse.database.connection import Warehouse
from warehouse.database.server import find_binaries

# One text table, made before the clock starts.
PLAIN_TABLE = sql.Identifier("public", "plain_copy")


@dataclass(frozen=True)
class Measured:
    """rows of the file; seconds by the wall clock; memory of the program at its highest (MB); processor: seconds of the
    program and its children, without the servers it asks, null where nobody counted."""

    rows: int
    seconds: float
    memory_mb: float
    processor: float | None = None

    @property
    def rate(self) -> float:
        return self.rows / self.seconds


Contender = Callable[[Warehouse, Contract, Delivery], int]


def measure(
    contender: Contender,
    database: Warehouse,
    contract: Contract,
    delivery: Delivery,
    before: Delivery | None = None,
) -> Measured:
    """before: landed first, while the clock does not run."""
    context = get_context("spawn")
    answers = context.SimpleQueue()
    process = context.Process(target=_timed, args=(answers, contender, database, contract, delivery, before))
    process.start()
    process.join()
    if process.exitcode != 0:
        raise RuntimeError(f"{contender} failed with exit code {process.exitcode}")
    return Measured(*answers.get())


def _timed(  # type: ignore[no-untyped-def]
    answers,
    contender: Contender,
    database: Warehouse,
    contract: Contract,
    delivery: Delivery,
    before: Delivery | None,
) -> None:
    prepare(database, contract)
    if before is not None:
        our_landing(database, contract, before)
    start, used = time.perf_counter(), _processor()
    rows = contender(database, contract, delivery)
    seconds, processor = time.perf_counter() - start, _processor() - used
    answers.put((rows, seconds, _peak_kb() / 1024, processor))


def _processor() -> float:
    return sum(os.times()[:4])


def _peak_kb() -> int:
    """Of this process, or of its greatest child. ru_maxrss of oneself begins with that of the parent."""
    own = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert own is not None
    return max(int(own[1]), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)


def prepare(database: Warehouse, contract: Contract) -> None:
    """Everybody starts from nothing."""
    with database.connect() as connection:
        connection.execute("truncate ops.delivery, ops.rejected_row, ops.rejected_delivery, ops.line_version")
        connection.execute(sql.SQL("drop table if exists {}").format(sql.Identifier("raw", contract.feed)))
        connection.execute(sql.SQL("drop table if exists {}").format(PLAIN_TABLE))
        columns = [sql.SQL("{} text").format(sql.Identifier(name)) for name in contract.column_names]
        connection.execute(sql.SQL("create table {} ({})").format(PLAIN_TABLE, sql.SQL(", ").join(columns)))
    with psycopg.connect(database.address, autocommit=True) as connection:
        connection.execute("checkpoint")


def our_landing(database: Warehouse, contract: Contract, delivery: Delivery) -> int:
    """All checks on: digest, encoding, columns, every line judged, control total, keys, repeats, ledger."""
    with database.connect() as connection:
        result = land(connection, contract, delivery)
    assert result.outcome == "landed", result.reason
    return result.received_count


def psql_copy(database: Warehouse, contract: Contract, delivery: Delivery) -> int:
    """`\\copy` into one text table without keys: reads and converts, checks nothing."""
    copy = (
        f"\\copy public.plain_copy from '{delivery.path}' "
        f"with (format csv, header, encoding '{contract.file.encoding}')"
    )
    subprocess.run([find_binaries() / "psql", "-qX", database.address, "-c", copy], check=True)
    assert delivery.rows is not None
    return delivery.rows


def dlt_load(python: Path, database: Warehouse, contract: Contract, delivery: Delivery) -> Measured:
    """dlt in the environment of this interpreter, on the first rows only."""
    script = Path(__file__).with_name("dlt_load.py")
    rows = str(min(SLOW_ROWS, delivery.rows or SLOW_ROWS))
    command = [python, script, delivery.path, contract.file.encoding, rows, database.address]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return Measured(*json.loads(said.splitlines()[-1]))


# Rows for what is slow; the rate does not depend on it.
SLOW_ROWS = 50_000


def pandas_to_sql(database: Warehouse, contract: Contract, delivery: Delivery) -> int:
    """read_csv and to_sql as most scripts do it, on the first rows only."""
    frame = pd.read_csv(delivery.path, dtype=str, encoding=contract.file.encoding, nrows=SLOW_ROWS)
    frame.to_sql("pandas_copy", database.engine(), schema="public", if_exists="replace", index=False)
    return len(frame)
