"""`python -m benchmarks.mapping --residents 5000`: what contracts cost of a build, and landing of reading the files.

A simulated town is landed and built once. Then the server reads every line in three ways, in turns: as it was
received, cleaned by the types of its columns, and by the views ``input.<record>``, which map it besides. Reading the
files means decoding them and finding their fields, without a database. Processor time of client and server; the least
of the rounds counts. Only the ratios of one run mean something.
"""

import argparse
import csv
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import psycopg
from psycopg import sql

from benchmarks.build.__main__ import FIRST_DAY, Kind, Meter, home, machine
from benchmarks.landing.__main__ import scratch_database
from benchmarks.landing.contenders import our_landing, prepare, psql_copy
from benchmarks.landing.files import write
from ingestion.cleaning import cleaned
from ingestion.contract import Contract, load_contracts
from ingestion.inbox import Delivery
from ingestion.input_views import SCHEMA
from ingestion.raw_table import table
from ingestion.records import canonical_records
from lab.simulator import generate

RAW, CLEANED, MAPPED = "lines as received", "cleaned by type", "input.* views"


def ways(contracts: dict[str, Contract], landed: set[str]) -> dict[str, list[sql.Composed]]:
    """The queries of each way. landed: feeds that have lines."""
    read: dict[str, list[sql.Composed]] = {RAW: [], CLEANED: [], MAPPED: []}
    bound: set[str] = set()
    for feed in sorted(landed):
        contract = contracts[feed]
        columns = sql.SQL(", ").join(sql.Identifier(column.name) for column in contract.columns)
        read[RAW].append(sql.SQL("select {} from {}").format(columns, table(contract)))
        typed = sql.SQL(", ").join(
            sql.SQL("{} as {}").format(cleaned(column), sql.Identifier(column.name))
            for column in contract.columns
        )
        read[CLEANED].append(sql.SQL("select {} from {}").format(typed, table(contract)))
        bound |= set(contract.records)
    for record in canonical_records().values():
        if record.name in bound:
            names = sql.SQL(", ").join(sql.Identifier(column.name) for column in record.columns)
            view = sql.Identifier(SCHEMA, record.name)
            read[MAPPED].append(sql.SQL("select {} from {}").format(names, view))
    return read


def settled(work: Callable[[], object]) -> None:
    """What a session took is in the server's account once it has ended for good."""
    work()
    time.sleep(0.5)


def written(address: str, queries: list[sql.Composed]) -> None:
    """Every value worked out and written, and nothing kept."""
    with psycopg.connect(address) as connection:
        for place, query in enumerate(queries):
            connection.execute(
                sql.SQL("create temporary table {} as {}").format(sql.Identifier(f"t{place}"), query)
            )
        connection.rollback()


def read_plainly(contract: Contract, delivery: Delivery) -> int:
    """Lines of a delimited file, decoded and cut into fields."""
    with delivery.path.open(encoding=delivery.encoding, newline="") as lines:
        return sum(1 for _ in csv.reader(lines, delimiter=contract.file.delimiter or ","))


def landing(rows: int, rounds: int) -> dict[str, float]:
    """Processor seconds by way, of one file of payments."""
    least: dict[str, float] = {}
    contract = load_contracts()["payment"]
    with scratch_database("benchmark_mapping") as database, tempfile.TemporaryDirectory() as folder:
        delivery = write(contract, rows, Path(folder))
        meter = Meter(database)
        for _ in range(rounds):
            kind = Kind()
            meter.step(kind, "read plainly", lambda: read_plainly(contract, delivery))
            for name, way in (("\\copy", psql_copy), ("our landing", our_landing)):
                prepare(database, contract)
                meter.step(kind, name, partial(settled, partial(way, database, contract, delivery)))
            least = {name: min(cost.processor, least.get(name, 1e9)) for name, cost in kind.steps.items()}
    return least


def mapping(residents: int, rounds: int) -> tuple[float, dict[str, float]]:
    """Processor seconds of a first build (all steps but landing and its gate), and of the server by way."""
    least: dict[str, float] = {}
    with home() as folder:
        generate(folder / "inbox", residents=residents, seed=5, days=1, first_day=FIRST_DAY)
        with scratch_database("benchmark_mapping") as database:
            meter = Meter(database)
            first = meter.run(folder / "inbox")
            with database.connect() as connection:
                landed = {
                    feed
                    for (feed,) in connection.execute("select distinct feed from ops.delivery").fetchall()
                }
            queries = ways(load_contracts(), landed)
            for _ in range(rounds):
                kind = Kind()
                for name, asked in queries.items():
                    meter.step(kind, name, partial(settled, partial(written, database.address, asked)))
                least = {name: min(cost.server, least.get(name, 1e9)) for name, cost in kind.steps.items()}
    build = sum(cost.processor for name, cost in first.steps.items() if name not in ("land", "gate"))
    return build, least


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mapping", description=__doc__)
    parser.add_argument("--residents", type=int, default=5000)
    parser.add_argument("--rows", type=int, default=200_000, help="lines of the file that is landed")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    print(", ".join(f"{name} {value}" for name, value in machine().items()))
    build, read = mapping(options.residents, options.rounds)
    print(f"\n| {options.residents:,} residents | processor s | of the build |\n|---|---|---|")
    for name, seconds in {"the build": build, **read}.items():
        print(f"| {name} | {seconds:.2f} | {seconds / build:.3f} |")
    landed = landing(options.rows, options.rounds)
    copied = landed["\\copy"]
    print(f"\n| {options.rows:,} lines | processor s | of \\copy |\n|---|---|---|")
    for name, seconds in landed.items():
        print(f"| {name} | {seconds:.2f} | {seconds / copied:.2f} |")


if __name__ == "__main__":
    main()
