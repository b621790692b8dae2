"""No identity number, name or account of anybody gets into what is not meant to hold people:
logs, Data Docs, compiled SQL, output of commands, results of gates, reasons of refusals."""

import logging
import sys
from pathlib import Path

import pytest

from cli.console import PlainConsole
from cli.report import print_run, print_status
from lab.simulator import generate
from warehouse.alerting.figures import exposition
from warehouse.database.code import FOLDER
from warehouse.database.connection import Warehouse
from warehouse.database.settings import settings
from warehouse.pipeline.runs import run

pytestmark = pytest.mark.builds

NOT_ABOUT_PEOPLE = (
    "select to_jsonb(t)::text from ops.gate_result as t",
    "select to_jsonb(t)::text from ops.rejected_delivery as t",
    "select to_jsonb(t)::text from ops.delivery as t",
    "select to_jsonb(t)::text from ops.build as t",
    "select to_jsonb(t)::text from ops.build_under_way as t",
    "select to_jsonb(t)::text from ops.build_timing as t",
    "select to_jsonb(t)::text from ops.alert as t",
    *(
        f"select to_jsonb(t)::text from analytics.{path.stem} as t"
        for path in sorted((FOLDER / "analytics").glob("*.sql"))
        if not path.stem.endswith("as_of")  # functions over the views
    ),
)


def secrets(database: Warehouse) -> set[str]:
    """What everybody in the town could be known by; short names would be found in any text."""
    with database.connect() as connection:
        found = connection.execute(
            "select id_number from marts.resident union select account_no from marts.aid_household"
            " union select account_no from marts.entitlement"
            " union select name from marts.resident where length(name) > 2"
        ).fetchall()
    return {secret for (secret,) in found if secret}


def test_nobody_of_a_town_is_found_outside_the_tables_meant_for_people(
    database: Warehouse,
    tmp_path: Path,
    own_home: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    generate(tmp_path / "town", residents=300, seed=21, days=2)
    result = run(database, tmp_path / "town")
    console = PlainConsole(file=sys.stdout, width=200)
    with database.connect() as connection:
        print_run(console, connection, result)
        print_status(console, connection)
        tables = [
            row[0] for query in NOT_ABOUT_PEOPLE for row in connection.execute(query.encode()).fetchall()
        ]
    files = [path for path in settings().home.rglob("*") if path.is_file()]
    assert {"logs", "data_docs"} <= {path.relative_to(own_home).parts[0] for path in files}
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in files]
    everything = "\n".join([*texts, *tables, exposition(database), caplog.text, *capfd.readouterr()])
    known = secrets(database)
    assert len(known) > 300
    # Numbers of cases are shown, and that is how we know that the looking works.
    with database.connect() as connection:
        case = connection.execute("select aid_household_no from marts.aid_household limit 1").fetchone()
    assert case
    assert case[0] in everything
    assert [f"{secret[:1]}…" for secret in known if secret in everything] == []
