"""`python -m benchmarks.landing --rows 100000 1000000`: everything in one run, on the same files."""

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import psycopg

from benchmarks.landing.contenders import Measured, dlt_load, measure, our_landing, pandas_to_sql, psql_copy
from benchmarks.landing.files import DAY, write
from ingestion.contract import load_contracts
from warehouse.database.chosen import open_warehouse
from warehouse.database.connection import Warehouse
from warehouse.database.migrate import migrate

DATABASE = "benchmark_landing"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.landing", description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000], help="lines of the CSV")
    parser.add_argument("--other-rows", type=int, default=50_000, help="lines of XLSX and JSON Lines")
    parser.add_argument("--rounds", type=int, default=3, help="each is measured so often; the best counts")
    parser.add_argument("--dlt", type=Path, help="python of an environment that has dlt[postgres]")
    options = parser.parse_args()
    contracts = load_contracts()
    print("| file | lines | way | rows/s | of `\\copy` | seconds | memory MB |")
    print("|---|---|---|---|---|---|---|")
    with scratch_database(DATABASE) as database, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for rows in options.rows:
            contract = contracts["payment"]
            delivery = write(contract, rows, folder)
            found: dict[str, Measured] = {}
            for _ in range(options.rounds):
                # In turns, so that what else the machine does meets all of them.
                for way in (psql_copy, our_landing):
                    result = measure(way, database, contract, delivery)
                    best = found.get(way.__name__)
                    found[way.__name__] = min(best or result, result, key=lambda one: one.seconds)
            found[pandas_to_sql.__name__] = measure(pandas_to_sql, database, contract, delivery)
            if options.dlt:
                found[dlt_load.__name__] = dlt_load(options.dlt, database, contract, delivery)
            next_day = write(contract, rows, folder, DAY + timedelta(days=1), changed_every=100)
            found["our_landing, next day"] = measure(
                our_landing, database, contract, next_day, before=delivery
            )
            for way_name, result in found.items():
                _print("CSV gb18030", way_name, result, found["psql_copy"])
            delivery.path.unlink()
            next_day.path.unlink()
        for feed in ("company", "real_estate"):
            delivery = write(contracts[feed], options.other_rows, folder)
            result = measure(our_landing, database, contracts[feed], delivery)
            _print(contracts[feed].file.format, "our_landing", result, None)


def _print(file: str, way: str, result: Measured, copy: Measured | None) -> None:
    share = f"{result.rate / copy.rate:.2f}" if copy else ""
    print(
        f"| {file} | {result.rows:,} | {way} | {result.rate:,.0f} | {share} | {result.seconds:.2f} | "
        f"{result.memory_mb:.0f} |",
        flush=True,
    )


@contextmanager
def scratch_database(name: str) -> Iterator[Warehouse]:
    """A migrated database of its own for as long as it is needed."""
    with open_warehouse() as server:
        database = server.at(database=name)
        with psycopg.connect(server.address, autocommit=True) as admin:
            admin.execute(f"drop database if exists {name} with (force)")
            admin.execute(f"create database {name}")
            try:
                migrate(database)
                yield database
            finally:
                admin.execute(f"drop database if exists {name} with (force)")


if __name__ == "__main__":
    main()
