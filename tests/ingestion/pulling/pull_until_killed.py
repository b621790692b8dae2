"""`python pull_until_killed.py CONTRACT INBOX DATABASE MARKER`: fetches two rows, says so by the marker, and waits."""

import sys
import time
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pyarrow

from ingestion.contract import load_contract
from ingestion.pulling import database, rows
from ingestion.pulling.pull import Wish, pull
from ingestion.pulling.sign_in import SignIn
from warehouse.database.connection import Warehouse
from warehouse.database.settings import BUREAU_TIME

contract, inbox, address, marker = sys.argv[1:]
read = database.Table.batches


def slowly(table: database.Table) -> Iterator[list[pyarrow.StringArray]]:
    for batch in read(table):
        yield batch
        Path(marker).touch()
        time.sleep(600)


rows.ROWS_AT_ONCE = 2
database.Table.batches = slowly  # type: ignore[method-assign]
described = load_contract(Path(contract))
with Warehouse(address).connect() as connection:
    now = datetime(2025, 6, 25, 23, tzinfo=BUREAU_TIME)
    asked = Wish(day=date(2025, 6, 25))
    pull(connection, {"visit": described}, "visit", lambda _: SignIn("root:root"), Path(inbox), asked, now)
