"""A command loads what it needs and no more: what is heavy comes with the work it is for."""

import subprocess
import sys

HEAVY = (
    "airflow", "altair", "dbt", "duckdb", "fastapi", "great_expectations", "httpx", "jinja2", "numpy", "opencc",
    "openpyxl", "pandas", "pypinyin", "scipy", "splink", "xlsxwriter",
)  # fmt: skip


def test_status_findings_and_explain_load_nothing_heavy() -> None:
    code = f"""
import sys
import warehouse.cli
from warehouse import alerts, database, explain, findings, migrate, report
print(*sorted(set({HEAVY}) & set(sys.modules)))
"""
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert loaded.strip() == ""
