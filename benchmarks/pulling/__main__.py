"""`python -m benchmarks.pulling --rows 200000`: the same rows fetched and landed in several ways, in one run.

Of a payment feed, as `benchmarks.landing` invents it: landed as CSV; fetched from a MariaDB and from a PostgreSQL on
loopback and then landed, all of them and what is new; by pandas.read_sql and to_sql. Each in a process of its own, in
turns, the best round counts.
"""

import argparse
import csv
import tempfile
from collections.abc import Iterator
from pathlib import Path

import yaml

from benchmarks.landing.__main__ import scratch_database
from benchmarks.landing.contenders import Contender, Measured, measure, our_landing
from benchmarks.landing.files import write
from benchmarks.pulling.ways import TABLE, ByPandas, FetchAndLand
from ingestion.contract import Contract, load_contract, load_contracts
from ingestion.inbox import Delivery
from lab.mariadb import connected, mariadb
from warehouse.database.connection import Warehouse

FEED, DATABASE = "payment", "benchmark_pulling"
AT_ONCE = 2000
CURSOR = "paid_on"  # whole days of January to June, 28 of each month
SINCE = {"a month": "2025-06-01", "a day": "2025-06-28"}
TYPES = {"yuan": "decimal(12, 2)", "date": "date"}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pulling", description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 400_000])
    parser.add_argument("--rounds", type=int, default=2, help="each is measured so often; the best counts")
    options = parser.parse_args()
    print("| rows | way | seconds | of landing as CSV | processor | of landing as CSV | memory MB |")
    print("|---|---|---|---|---|---|---|")
    with scratch_database(DATABASE) as database, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with mariadb(folder) as port:
            for rows in options.rows:
                delivery = write(load_contracts()[FEED], rows, folder)
                fill(database, port, delivery)
                _measured(database, folder, port, delivery, options.rounds)


def _measured(database: Warehouse, folder: Path, port: int, delivery: Delivery, rounds: int) -> None:
    place = database.parameters
    here = {"host": "127.0.0.1", "port": port}
    sources = {
        "MariaDB": ({"type": "mysql", **here, "database": "source"}, "root:root"),
        "PostgreSQL": (
            {"type": "postgres", **here, "port": int(place["port"]), "database": place["dbname"], "schema": "public"},
            f"{place['user']}:{place.get('password', '')}",
        ),
    }  # fmt: skip
    as_csv = load_contracts()[FEED]
    ways: dict[str, tuple[Contender, Contract]] = {"landed as CSV": (our_landing, as_csv)}
    for system, (server, secret) in sources.items():
        contract = fetched_from(folder, system, server)
        ways[f"{system}: fetched and landed"] = (FetchAndLand(folder, secret), contract)
        ways[f"{system}: fetched"] = (FetchAndLand(folder, secret, lands=False), contract)
        for span, since in SINCE.items():
            ways[f"{system}: of {span} fetched and landed"] = (
                FetchAndLand(folder, secret, since=since),
                contract,
            )
    ways["MariaDB: pandas.read_sql and to_sql"] = (ByPandas(port), as_csv)
    found: dict[str, Measured] = {}
    for number in range(rounds):
        for name, (way, contract) in ways.items():
            if isinstance(way, ByPandas) and number:
                continue  # slow, and the same every time
            result = measure(way, database, contract, delivery)
            found[name] = min(found.get(name, result), result, key=lambda one: one.processor or one.seconds)
    base = found["landed as CSV"]
    for name, one in found.items():
        assert one.processor is not None
        assert base.processor is not None
        print(
            f"| {one.rows:,} | {name} | {one.seconds:.2f} | {one.seconds / base.seconds:.2f} "
            f"| {one.processor:.2f} | {one.processor / base.processor:.2f} | {one.memory_mb:.0f} |",
            flush=True,
        )


def fetched_from(folder: Path, system: str, server: dict[str, object]) -> Contract:
    """The contract of the feed, were it kept in this database."""
    document = yaml.safe_load(load_contracts()[FEED].path.read_text(encoding="utf-8"))
    (inbox,) = document["servers"]
    inbox.update(path=inbox["path"].replace(".csv", ".parquet"), format="parquet")
    words = {"table": TABLE, "tls": "off", "cursor": {"column": cursor_header(), "overlap": "1d"}}
    document["servers"].append(
        {"server": "source", **server}
        | {"customProperties": [{"property": word, "value": value} for word, value in words.items()]}
    )
    of_files = ("encoding", "delimiter", "headerLine", "controlTotalColumn")
    document["customProperties"] = [
        word for word in document["customProperties"] if word["property"] not in of_files
    ]
    place = folder / system
    place.mkdir(exist_ok=True)
    path = place / load_contracts()[FEED].path.name
    path.write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    return load_contract(path)


def cursor_header() -> str:
    return load_contracts()[FEED].column(CURSOR).header


def fill(database: Warehouse, port: int, delivery: Delivery) -> None:
    """The delivery's lines as a table of both systems: numbers and days as such, the rest as text."""
    with delivery.path.open(encoding=delivery.encoding, newline="") as file:
        header, *rows = csv.reader(file)
    contract = load_contracts()[FEED]
    types = [TYPES.get(contract.column_of_header[name].type, "varchar(60)") for name in header]
    columns = [f"{{0}}{name}{{0}} {kind}" for name, kind in zip(header, types, strict=True)]
    with connected(port) as admin, admin.cursor() as cursor:
        cursor.execute("create database if not exists source character set utf8mb4")
        cursor.execute(f"create or replace table source.{TABLE} ({', '.join(columns).replace('{0}', '`')})")
        slots = ", ".join(["%s"] * len(header))
        for batch in batched(rows):
            cursor.executemany(f"insert into source.{TABLE} values ({slots})", batch)
        cursor.execute(f"create index changed on source.{TABLE} (`{cursor_header()}`)")
    with database.connect() as connection:
        connection.execute(f"drop table if exists public.{TABLE}".encode())
        connection.execute(f"create table public.{TABLE} ({', '.join(columns)})".replace("{0}", '"').encode())
        with connection.cursor().copy(f"copy public.{TABLE} from stdin".encode()) as copy:
            for row in rows:
                copy.write_row(row)
        connection.execute(f'create index on public.{TABLE} ("{cursor_header()}")'.encode())


def batched(rows: list[list[str]]) -> Iterator[list[list[str]]]:
    for place in range(0, len(rows), AT_ONCE):
        yield rows[place : place + AT_ONCE]


if __name__ == "__main__":
    main()
