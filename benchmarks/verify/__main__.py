"""`python -m benchmarks.verify --residents 1000000`: everything in one run, the server warm."""

import argparse
import hashlib
import itertools
import json
import random
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import httpx
import psycopg
import uvicorn
from psycopg.types.json import Jsonb

from benchmarks.verify.town import build, change, family
from serving.app import create_app
from serving.database import Database
from warehouse.database.chosen import open_warehouse
from warehouse.database.connection import Warehouse
from warehouse.database.migrate import migrate
from warehouse.database.server import free_port
from warehouse.database.settings import Settings
from warehouse.publishing.publish import publish

DATABASE = "benchmark_verify"
TOKEN = "benchmark"
numbers = itertools.count(1)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.verify", description=__doc__)
    parser.add_argument("--residents", type=int, default=1_000_000)
    parser.add_argument("--questions", type=int, default=500, help="of each kind")
    parser.add_argument("--families", type=int, default=200, help="different ones asked for")
    options = parser.parse_args()
    with _scratch_database() as database:
        with psycopg.connect(database.address) as connection:
            rows = build(connection, options.residents)
            connection.commit()
            started = time.perf_counter()
            publish(connection, date.today(), "full")
            connection.commit()
            full = time.perf_counter() - started
            print(f"| full publish of {rows:,} rows | {full:.1f} s |", flush=True)
            change(connection, 1)
            connection.commit()
            started = time.perf_counter()
            publication = publish(connection, date.today(), "one percent")
            connection.commit()
            partial = time.perf_counter() - started
            print(
                f"| publish of a change of 1 %: {publication.inserted:,} rows opened, {publication.closed:,} closed |"
                f" {partial:.1f} s, {partial / full:.2f} of the full one |",
                flush=True,
            )
            firsts = [
                4 * place + 1
                for place in random.Random(1).sample(range(options.residents // 4), options.families)
            ]
            families = {first: family(connection, first) for first in firsts}
        requests = [_request(first, members) for first, members in families.items()]
        with psycopg.connect(database.address, autocommit=True) as client:
            for request in requests:  # a log that holds rows, as it does from the first day on
                _verify(client, request)
            client.execute("analyze")
        _alone(database, requests, options.questions)
        _inserts_together(database, options.questions)
        _together("8 clients", database, requests, options.questions)
        _during_publication(database, requests, options.questions)
        _rest(database, requests, options.questions)


def _request(first: int, members: list[dict[str, str]]) -> dict:
    return {
        "authorization_no": f"SQ{first}", "purpose": "application", "operator": "benchmark", "aid_type": "DB",
        "members": members,
    }  # fmt: skip


def _verify(connection: psycopg.Connection, request: dict) -> None:
    asked = request | {"request_id": f"B{next(numbers)}"}
    row = connection.execute("select api_v1.verify(%s)", [Jsonb(asked)], prepare=True).fetchone()
    assert row
    assert row[0]["status"] == "answered", row[0]


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - started)


def _processor_ms(client: psycopg.Connection) -> float:
    """Processor time the server has spent on a connection so far (a server on this machine, Linux)."""
    return int(Path(f"/proc/{client.info.backend_pid}/schedstat").read_text().split()[0]) / 1e6


def _alone(database: Warehouse, requests: list[dict], questions: int) -> None:
    """One client, in turns, so that what else the machine does meets all of them."""
    times: dict[str, list[float]] = {"select": [], "insert": [], "verify": []}
    spent: dict[str, list[float]] = {"select": [], "insert": [], "verify": []}
    with psycopg.connect(database.address, autocommit=True) as client:
        client.execute("create table public.durable (number bigint)")
        client.execute("set synchronous_commit = on")

        def select(key: str) -> object:
            return client.execute(
                "select * from pub.resident where row_key = %s and from_generation = 1", [key], prepare=True
            ).fetchone()

        for number in range(questions + 20):
            request = requests[number % len(requests)]
            key = str(number * 37 + 1)
            works: dict[str, Callable[[], object]] = {
                "select": lambda key=key: select(key),
                "insert": lambda: client.execute("insert into public.durable values (1)", prepare=True),
                "verify": lambda request=request: _verify(client, request),
            }
            for name, work in works.items():
                before = _processor_ms(client)
                milliseconds = _timed(work)
                if number >= 20:  # warm
                    times[name].append(milliseconds)
                    spent[name].append(_processor_ms(client) - before)
    medians = {name: statistics.median(found) for name, found in times.items()}
    print(
        f"| one client, median: bare select {medians['select']:.2f} ms, durable insert of one row"
        f" {medians['insert']:.2f} ms, verify of four people {medians['verify']:.2f} ms |"
        f" {medians['verify'] / medians['select']:.1f} selects, {medians['verify'] / medians['insert']:.1f} inserts |",
        flush=True,
    )
    medians = {name: statistics.median(found) for name, found in spent.items()}
    print(
        "| one client, median processor time of the server: "
        + ", ".join(f"{name} {milliseconds:.2f} ms" for name, milliseconds in medians.items())
        + " | |",
        flush=True,
    )


def _inserts_together(database: Warehouse, questions: int, clients: int = 8) -> None:
    """The floor of answers that are on the disk before they are given."""

    def work(client: psycopg.Connection, _: int) -> None:
        client.execute("insert into public.durable values (1)", prepare=True)

    times, rate = _at_once(database, work, questions, clients)
    print(
        f"| {clients} clients: durable insert of one row | {_spread(times)}, {rate:.0f} a second |",
        flush=True,
    )


def _together(
    title: str, database: Warehouse, requests: list[dict], questions: int, clients: int = 8
) -> None:
    def work(client: psycopg.Connection, number: int) -> None:
        _verify(client, requests[number % len(requests)])

    times, rate = _at_once(database, work, questions, clients)
    print(f"| {title}: verify of four people | {_spread(times)}, {rate:.0f} a second |", flush=True)


def _at_once(
    database: Warehouse, work: Callable[[psycopg.Connection, int], None], questions: int, clients: int
) -> tuple[list[float], float]:
    """Milliseconds of each call, the first 20 of a client left out, and calls a second."""
    times: list[float] = []

    def ask(start: int) -> None:
        with psycopg.connect(database.address, autocommit=True) as client:
            client.execute("set synchronous_commit = on")
            mine = [
                _timed(lambda number=number: work(client, number))
                for number in range(start, start + 20 + questions // clients)
            ]
        times.extend(mine[20:])

    threads = [threading.Thread(target=ask, args=[25 * number]) for number in range(clients)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times, (questions + 20 * clients) / (time.perf_counter() - started)


def _during_publication(database: Warehouse, requests: list[dict], questions: int) -> None:
    done = threading.Event()

    def publish_again() -> None:
        with psycopg.connect(database.address) as connection:
            change(connection, 2)
            connection.commit()
            publish(connection, date.today(), "two percent")
        done.set()

    publisher = threading.Thread(target=publish_again)
    publisher.start()
    time.sleep(1)
    _together("8 clients while a publication runs", database, requests, questions)
    if done.is_set():
        print("| (the publication was over before the last question) | |")
    publisher.join()


def _rest(database: Warehouse, requests: list[dict], questions: int) -> None:
    chosen = Settings(
        api_tokens={"benchmark": hashlib.sha256(TOKEN.encode()).hexdigest()},
        api_requests_per_minute=1_000_000,
    )
    port = free_port()
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(chosen, Database(lambda: database)), port=port, access_log=False, log_level="error"
        )
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    times = []
    with httpx.Client(
        base_url=f"http://127.0.0.1:{port}", headers={"Authorization": f"Bearer {TOKEN}"}
    ) as client:
        while not server.started:
            time.sleep(0.05)
        for number in range(questions + 20):
            asked = requests[number % len(requests)] | {"request_id": f"H{number}"}
            body = json.dumps(asked)
            times.append(
                _timed(lambda body=body: client.post("/v1/verifications", content=body).raise_for_status())
            )
    server.should_exit = True
    thread.join()
    print(f"| REST, one client | {_spread(times[20:])} |", flush=True)


def _spread(times: list[float]) -> str:
    cuts = statistics.quantiles(times, n=100)
    return f"median {cuts[49]:.1f} ms, p95 {cuts[94]:.1f} ms, p99 {cuts[98]:.1f} ms"


@contextmanager
def _scratch_database() -> Iterator[Warehouse]:
    with open_warehouse() as server:
        database = server.at(database=DATABASE)
        with psycopg.connect(server.address, autocommit=True) as admin:
            admin.execute(f"drop database if exists {DATABASE} with (force)")
            admin.execute(f"create database {DATABASE}")
        migrate(database)
        yield database
        with psycopg.connect(server.address, autocommit=True) as admin:
            admin.execute(f"drop database {DATABASE} with (force)")


if __name__ == "__main__":
    main()
