"""A build that dies at any border of its steps, the whole project and real deaths."""

import subprocess
import sys
from pathlib import Path

import pytest
from fingerprints import fingerprints

from warehouse.pipeline.build import build_gate_publish, build_under_way
from warehouse.publishing.publish import current_generation

pytestmark = pytest.mark.builds

# At which of the steps the program dies, and whether before or after it is noted as done.
KILLS = ["stage:after", "link:before", "link:after", "derive:before", "judge:after"]
# What is imported once dies many times: each time it is a copy of the process.
DEADLY = """
import os, signal, sys
import dbt.cli.main
from warehouse.pipeline import build
from warehouse.database.connection import Warehouse
address, *kills = sys.argv[1:]
note = build._reach
for kill in kills:
    def deadly(database, under_way, done, **more):
        if kill == f"{done}:before":
            os.kill(os.getpid(), signal.SIGKILL)
        note(database, under_way, done, **more)
        if kill == f"{done}:after":
            os.kill(os.getpid(), signal.SIGKILL)
    child = os.fork()
    if not child:
        try:
            build._reach = deadly
            build.build_gate_publish(Warehouse(address))
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL, kill
"""


def test_a_build_killed_again_and_again_comes_to_the_same_end(town, new_database):
    database = new_database(town.after("land"))
    subprocess.run(
        [sys.executable, "-c", DEADLY, database.address, *KILLS], cwd=Path(__file__).parents[2],
        stdout=subprocess.DEVNULL, check=True,
    )  # fmt: skip
    with database.connect() as connection:
        assert current_generation(connection) is None  # nor was there one in between: it would stand
        under_way = build_under_way(connection)
    assert (under_way.build_no, under_way.reached) == (1, "judge")
    assert build_gate_publish(database).publication.generation == 1
    with database.connect() as killed, new_database(town.after("publish")).connect() as whole:
        assert fingerprints(killed) == fingerprints(whole)
