"""A command loads what it needs and no more: what is heavy comes with the work it is for."""

import os
import subprocess
import sys

import pytest

from warehouse.database.connection import Warehouse

HEAVY = (
    "airflow", "alembic", "altair", "dbt", "duckdb", "fastapi", "great_expectations", "httpx", "jinja2", "numpy",
    "opencc", "openpyxl", "pandas", "pypinyin", "scipy", "splink", "xlsxwriter",
)  # fmt: skip


@pytest.mark.parametrize("words", [["status"], ["findings"], ["explain", "--mention", "d:1:person"]])
def test_who_only_looks_loads_nothing_heavy(database: Warehouse, words: list[str]) -> None:
    code = f"""
import atexit, sys
from cli.main import main
atexit.register(lambda: print("loaded", *sorted(set({HEAVY}) & set(sys.modules))))
sys.argv[1:] = {words}
main()
"""
    ran = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"MINZHENG_DATABASE_URL": database.address},
        capture_output=True,
        text=True,
    )
    assert ran.stdout.splitlines()[-1] == "loaded", ran.stderr


def test_help_waits_for_no_engine() -> None:
    code = """
import atexit, sys
from cli.main import main
atexit.register(lambda: print('sqlalchemy' in sys.modules))
sys.argv[1:] = ["--help"]
main()
"""
    ran = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert ran.stdout.splitlines()[-1] == "False"
