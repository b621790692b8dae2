"""The demo's vehicles stand in a MariaDB, are fetched and land; costs a server of MariaDB (5 s)."""

from pathlib import Path

import pytest

from cli.source_demo import FEED, vehicle_office
from ingestion.bureau import EXAMPLE, PREFIX
from lab.mariadb import installed
from lab.simulator import generate
from warehouse.database.connection import Warehouse
from warehouse.database.settings import settings
from warehouse.pipeline.runs import land


def test_the_vehicles_of_the_demo_are_fetched_and_land(
    database: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if installed() is None:
        pytest.skip("MariaDB is not installed (Debian: mariadb-server): the demo's source is not tried")
    monkeypatch.setenv(
        f"{PREFIX}BUREAU", str(EXAMPLE)
    )  # the demo names another one, for as long as this lasts
    inbox = tmp_path / "inbox"
    generate(inbox, residents=300, seed=1)
    (sent,) = (inbox / "shared" / FEED).rglob("*.csv")
    lines = len(sent.read_text(encoding="gb18030").splitlines()) - 1
    with vehicle_office(inbox, tmp_path / "home") as office:
        pulled = office.fetched(database)
    settings.cache_clear()
    assert pulled.rows == lines > 0
    (result,) = land(database, inbox, None, {FEED})
    assert (result.outcome, result.received_count) == ("landed", lines)
    with database.connect() as connection:
        row = connection.execute("select count(*) from raw.vehicle").fetchone()
    assert row == (result.landed_count + result.repeated_count,)
