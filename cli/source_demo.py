"""``minzheng demo --source mariadb``: the town's vehicles stand in a MariaDB, and are fetched from there."""

import csv
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import yaml
from pydantic import SecretStr

from ingestion.bureau import CONTRACTS, EXAMPLE, PREFIX
from ingestion.contract import Contract, load_contracts
from ingestion.inbox import discover
from ingestion.pulling.pull import Pulled, Wish
from ingestion.yaml_file import read_yaml
from lab.mariadb import ROOT, connected, mariadb
from warehouse.database.connection import Warehouse
from warehouse.database.settings import settings
from warehouse.pipeline.pulling import pull

# One delivery, in full: what a pull brings is what the file held.
FEED = "vehicle"
SERVER, DATABASE, TABLE = "vehicle_office", "clgl", "T_CL"
AT_ONCE = 1000


@dataclass(frozen=True)
class VehicleOffice:
    """The system of another department, while it runs. day: of what it holds."""

    inbox: Path
    day: date

    def fetched(self, warehouse: Warehouse) -> Pulled:
        """As `minzheng pull vehicle`."""
        return pull(warehouse, self.inbox, FEED, Wish(day=self.day))


@contextmanager
def vehicle_office(inbox: Path, home: Path) -> Iterator[VehicleOffice]:
    """A MariaDB with the vehicles that lay in the inbox, and a bureau whose contract says that they are fetched there.
    Raises UsageError where none is installed."""
    contract = load_contracts()[FEED]
    (delivery,) = discover(inbox, {FEED: contract}).deliveries
    with delivery.path.open(encoding=delivery.encoding, newline="") as file:
        header, *rows = csv.reader(file)
    place = home / "mariadb"
    place.mkdir(parents=True)
    with mariadb(place) as port:
        with connected(port) as admin, admin.cursor() as cursor:
            cursor.execute(f"create database {DATABASE} character set utf8mb4")
            cursor.execute(f"use {DATABASE}")
            columns = ", ".join(f"`{name}` varchar(200)" for name in header)
            cursor.execute(f"create table {TABLE} ({columns})")
            slots = ", ".join(["nullif(%s, '')"] * len(header))
            for at in range(0, len(rows), AT_ONCE):
                cursor.executemany(f"insert into {TABLE} values ({slots})", rows[at : at + AT_ONCE])
        shutil.rmtree(inbox / contract.system / FEED)
        bureau = home / "bureau"
        _write_contracts(bureau / CONTRACTS, contract, port)
        os.environ[f"{PREFIX}BUREAU"] = str(bureau)
        settings().sources = {SERVER: SecretStr(f"root:{ROOT}")}
        yield VehicleOffice(inbox, delivery.business_date)


def _write_contracts(folder: Path, contract: Contract, port: int) -> None:
    """Those of the example, but that this feed is fetched from the database."""
    shutil.copytree(EXAMPLE / CONTRACTS, folder)
    path = folder / contract.path.name
    document = read_yaml(path)
    (place,) = document["servers"]
    place.update(path=place["path"].replace(".csv", ".parquet"), format="parquet")
    words = {"table": TABLE, "tls": "off"}
    document["servers"].append(
        {
            "server": SERVER, "type": "mysql", "host": "127.0.0.1", "port": port, "database": DATABASE,
            "customProperties": [{"property": word, "value": value} for word, value in words.items()],
        }
    )  # fmt: skip
    of_files = ("encoding", "delimiter", "headerLine", "controlTotalColumn")
    document["customProperties"] = [
        word for word in document["customProperties"] if word["property"] not in of_files
    ]
    path.write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
