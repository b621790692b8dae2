"""The ways that are compared, beside landing as CSV. Each runs in a process of its own."""

import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pandas as pd
import sqlalchemy as sa

from benchmarks.landing.files import DAY
from ingestion.contract import Contract
from ingestion.inbox import Delivery
from ingestion.landing import land_inbox
from ingestion.pulling.pull import Wish, pull
from ingestion.pulling.sign_in import SignIn
from warehouse.database.connection import Warehouse
from warehouse.database.settings import BUREAU_TIME

TABLE = "payment_source"
NOW = datetime(2025, 6, 25, 23, tzinfo=BUREAU_TIME)


@dataclass(frozen=True)
class FetchAndLand:
    """As `minzheng pull` and `minzheng land`, or only the first; below `folder` an inbox of its own each time.

    since: the rows from that day on, as an incremental one asks for them; null, all."""

    folder: Path
    secret: str
    lands: bool = True
    since: str | None = None

    def __call__(self, database: Warehouse, contract: Contract, delivery: Delivery) -> int:
        feed = contract.feed
        with tempfile.TemporaryDirectory(dir=self.folder) as name, database.connect() as connection:
            inbox, wish = Path(name), Wish(day=DAY, since=self.since)
            pulled = pull(connection, {feed: contract}, feed, lambda _: SignIn(self.secret), inbox, wish, NOW)
            assert pulled.rows is not None
            if self.lands:
                (result,) = land_inbox(connection, {feed: contract}, inbox)
                assert result.outcome == "landed", result.reason
                assert result.received_count == pulled.rows
        return pulled.rows


@dataclass(frozen=True)
class ByPandas:
    """read_sql and to_sql as most scripts do it, in pieces."""

    port: int

    def __call__(self, database: Warehouse, contract: Contract, delivery: Delivery) -> int:
        source = sa.create_engine(f"mysql+pymysql://root:root@127.0.0.1:{self.port}/source")
        target, rows = database.engine(), 0
        for frame in pd.read_sql(f"select * from {TABLE}", source, chunksize=50_000):
            frame.to_sql(
                "pandas_copy", target, schema="public", if_exists="append" if rows else "replace", index=False
            )
            rows += len(frame)
        return rows
