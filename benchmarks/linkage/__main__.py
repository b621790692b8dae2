"""`python -m benchmarks.linkage --residents 100000 900000`: a first run and a day of news, by size.

With ``--peers PYTHON`` instead: other libraries on the same mentions (see ``peers.py``).
"""

import argparse
import csv
import os
import resource
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg

from benchmarks.landing.__main__ import scratch_database
from benchmarks.linkage.town import TABLES, Town, load
from linkage.linking import Linkage, link

NEWS_SHARE = 0.01

# Of the mentions without a settled number: linked to a resident, and to the right one.
QUALITY = """
select
    count(*),
    count(*) filter (where residents.id_number is not null),
    count(*) filter (where residents.id_number = person.id_number)
from ops.person_link as links
inner join intermediate.int_person_mentions as mentions using (delivery_id, line_number, role)
inner join public.person using (person)
left join ops.resident_identity as residents using (resident_id)
where links.method <> 'id_number'
"""

# What any library can use of a mention or a resident: text, empty where nothing is said.
COLUMNS = ("unique_id", "name", "number", "born", "sex", "account", "address", "person")
MENTIONS = """
select
    mentions.delivery_id || ':' || mentions.line_number || ':' || mentions.role, mentions.name,
    coalesce(mentions.surviving_digits, mentions.unread_number), to_char(mentions.born_on, 'YYYYMMDD'),
    mentions.sex_code, mentions.account_no, mentions.address, mentions.person
from ops.person_link as links
inner join intermediate.int_person_mentions as mentions using (delivery_id, line_number, role)
where links.method <> 'id_number'
"""
RESIDENTS = """
select
    person.person, min(mentions.name), id_number, substr(id_number, 7, 8),
    case substr(id_number, 17, 1)::integer % 2 when 1 then '1' else '2' end,
    max(mentions.account_no), max(mentions.address), person.person
from public.person
inner join intermediate.int_person_mentions as mentions using (id_number)
group by person.person, id_number
"""


@dataclass(frozen=True)
class Measured:
    """seconds by the wall clock, and of processor time, of this program and of its server process;
    memory of this program at its highest so far (MB).
    """

    mentions: int
    seconds: float
    processor_seconds: float
    memory_mb: float
    linkage: Linkage
    precision: float
    recall: float


def measure(connection: psycopg.Connection, mentions: int) -> Measured:
    # One server process, so that its processor time can be read.
    connection.execute("set max_parallel_workers_per_gather = 0")
    connection.execute("set max_parallel_maintenance_workers = 0")
    connection.commit()
    start, processor = time.perf_counter(), _processor_seconds(connection)
    linkage = link(connection)
    seconds = time.perf_counter() - start
    processor = _processor_seconds(connection) - processor
    open_mentions, linked, right = connection.execute(QUALITY).fetchone() or (0, 0, 0)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Measured(mentions, seconds, processor, memory, linkage, right / linked, right / open_mentions)


def _processor_seconds(connection: psycopg.Connection) -> float:
    fields = Path(f"/proc/{connection.info.backend_pid}/stat").read_text().rsplit(")", 1)[1].split()
    server = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return server + time.process_time()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.linkage", description=__doc__)
    parser.add_argument("--residents", type=int, nargs="+", default=[90_000, 300_000, 1_000_000])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--peers", metavar="PYTHON", help="of an environment that holds the other libraries")
    parser.add_argument("--peers-residents", type=int, default=6_000)
    options = parser.parse_args()
    if options.peers:
        compare(options.peers, options.peers_residents, options.seed)
        return
    print("| residents | run | mentions | weighed | seconds | processor s | memory MB | precision | recall |")
    print("|---|---|---|---|---|---|---|---|---|")
    for residents in options.residents:
        with scratch_database("benchmark_linkage") as database, database.connect() as connection:
            connection.execute(TABLES)
            town = Town(residents, options.seed)
            first = load(connection, town, town.mentions())
            _print(residents, "first", measure(connection, first))
            news = load(connection, town, town.news(round(first * NEWS_SHARE)))
            _print(residents, "1 % news", measure(connection, news))
            _print(residents, "no news", measure(connection, 0))


def compare(python: str, residents: int, seed: int) -> None:
    """Ours and the others on the mentions of one town that no valid number settles."""
    print("| way | precision | recall | seconds |\n|---|---|---|---|")
    with scratch_database("benchmark_linkage") as database, database.connect() as connection:
        connection.execute(TABLES)
        town = Town(residents, seed)
        ours = measure(connection, load(connection, town, town.mentions()))
        print(
            f"| ours, all mentions | {ours.precision:.4f} | {ours.recall:.4f} | {ours.seconds:.1f} |",
            flush=True,
        )
        with tempfile.TemporaryDirectory() as name:
            for file, query in (("mentions", MENTIONS), ("residents", RESIDENTS)):
                with (Path(name) / f"{file}.csv").open("w", encoding="utf-8", newline="") as lines:
                    writer = csv.writer(lines)
                    writer.writerow(COLUMNS)
                    writer.writerows(connection.execute(query.encode()).fetchall())
            subprocess.run([python, Path(__file__).with_name("peers.py"), name], check=True)


def _print(residents: int, run: str, result: Measured) -> None:
    print(
        f"| {residents:,} | {run} | {result.mentions:,} | {result.linkage.weighed:,} | {result.seconds:.1f} | "
        f"{result.processor_seconds:.1f} | {result.memory_mb:.0f} | {result.precision:.4f} | {result.recall:.4f} |",
        flush=True,
    )


if __name__ == "__main__":
    main()
