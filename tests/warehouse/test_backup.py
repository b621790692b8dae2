"""A backup taken with PostgreSQL's own tools, restored elsewhere: whole, under the same rights, chain and all."""

import os
import subprocess
from pathlib import Path

import psycopg
import pytest
from hand_made_family import Family
from templates import NewDatabase
from test_security import security

from warehouse.database.connection import Warehouse
from warehouse.database.migrate import migrate
from warehouse.database.server import find_binaries, server_version
from warehouse.verification.audit import check_log, read_anchors, reproduce, write_anchors


def run_tool(name: str, database: Warehouse, *arguments: str) -> None:
    with psycopg.connect(database.address) as connection:
        folder = find_binaries(connection.info.server_version // 10000)
    if not server_version(folder):
        pytest.skip(f"no {name} of the server's version here")
    subprocess.run(
        [str(folder / name), "-d", database.parameters["dbname"], *arguments],
        env=os.environ | database.environment,
        check=True,
        capture_output=True,
    )


def test_a_restored_backup_holds_and_answers_as_before(
    connection: psycopg.Connection,
    database: Warehouse,
    new_database: NewDatabase,
    tmp_path: Path,
) -> None:
    family = Family(connection)
    family.publish()
    given = [family.verify(f"R{number}") for number in range(3)]
    anchors, dump = tmp_path / "anchors.jsonl", tmp_path / "backup.dump"
    write_anchors(connection, anchors)
    connection.commit()

    run_tool("pg_dump", database, "--format=custom", f"--file={dump}")
    restored = new_database(None)
    run_tool("pg_restore", restored, "--exit-on-error", str(dump))
    migrate(restored)  # rights on the database itself are not in the dump

    with restored.connect() as elsewhere:
        assert check_log(elsewhere, read_anchors(anchors)) == (3, [])
        assert security(elsewhere) == security(connection)
        assert reproduce(elsewhere, given[0]["report_no"]).again == ()
        family.connection = elsewhere
        assert [family.verify(f"R{number}") for number in range(3)] == given
        assert family.verify("R9")["report_no"] not in {answer["report_no"] for answer in given}
        assert check_log(elsewhere, read_anchors(anchors)) == (8, [])  # that it was reproduced is in it
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            elsewhere.execute("delete from audit.verification_log")
        elsewhere.rollback()
