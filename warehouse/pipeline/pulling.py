"""Fetch from the systems that hold the records, into the inbox; landing takes it from there."""

from datetime import datetime
from pathlib import Path

from ingestion.pulling.pull import Pulled, Wish
from ingestion.pulling.pull import pull as pull_delivery
from warehouse.database.connection import Warehouse
from warehouse.database.settings import BUREAU_TIME
from warehouse.database.source_logins import signing_in
from warehouse.pipeline.runs import prepare


def pull(warehouse: Warehouse, inbox: Path, feed: str, wish: Wish) -> Pulled:
    """What is new of one feed. Raises SourceError, RequestError."""
    contracts = prepare(warehouse)
    with warehouse.connect("loader") as connection:
        return pull_delivery(connection, contracts, feed, signing_in, inbox, wish, datetime.now(BUREAU_TIME))
