"""What docs/operations.md tells an operator to type works as it stands."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from hand_made_marts import Marts
from town import Town

from expectations.data_docs import PAGE
from warehouse.alerting.alerts import KINDS_ZH
from warehouse.backup.drill import run_in_copy
from warehouse.database.connection import Warehouse
from warehouse.database.server import find_binaries, server_version
from warehouse.database.settings import PROJECT_ROOT, settings
from warehouse.pipeline.build import write_data_docs
from warehouse.verification.audit import write_anchors

GUIDE = (PROJECT_ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", GUIDE, re.MULTILINE | re.DOTALL))


def blocks(section: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", SECTIONS[section], re.MULTILINE | re.DOTALL)


def test_every_alert_is_explained_and_no_other() -> None:
    rows = re.findall(r"^\| (\S+) `(\w+)` \| .+ \| .+ \|$", SECTIONS["Alerts"], re.MULTILINE)
    assert {kind: title for title, kind in rows} == KINDS_ZH


def test_every_picture_is_there() -> None:
    pictures = re.findall(r"!\[.+?\]\((.+?)\)", GUIDE)
    assert pictures
    for picture in pictures:
        assert (PROJECT_ROOT / "docs" / picture).stat().st_size < 300_000, picture


def test_every_retention_setting_is_explained() -> None:
    named = {name for name in type(settings()).model_fields if name.startswith("keep_")}
    explained = re.findall(r"^\| `MINZHENG_(KEEP_\w+)` \|", SECTIONS["Retention"], re.MULTILINE)
    assert {name.lower() for name in explained} == named


def test_a_new_operator_sees_the_own_divisions_and_no_log(connection: psycopg.Connection) -> None:
    marts = Marts(connection)
    for household, division in (("H1", "420203"), ("H2", "420202")):
        marts.add("aid_household", aid_household_no=household, division_code=division, is_active=True)
    marts.add("verification_code", code_list="purpose", code="review")
    marts.publish()
    (block,) = blocks("People come and go", "sql")
    connection.execute(block.encode())
    connection.execute("set session authorization zhang_san")
    for household, status in (("H1", "found"), ("H2", "unknown")):
        told = connection.execute("select api_v1.household_check(%s, 'review') ->> 'status'", [household])
        assert told.fetchone() == (status,)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("select * from audit.verification_log")
    connection.rollback()  # the login too


@pytest.fixture
def warehouse(
    town: Town, published_town: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[dict[str, str]]:
    """A built town whose log of verification has rows and an anchor; the environment of an operator."""
    with psycopg.connect(published_town.address) as connection:
        tools = find_binaries(connection.info.server_version // 10000)
    if not server_version(tools):
        pytest.skip("no tools of the server's version here")
    given = {"DATABASE_URL": published_town.address, "INBOX": str(town.inbox), "HOME": str(tmp_path / "home")}
    for name, value in given.items():
        monkeypatch.setenv(f"MINZHENG_{name}", value)
    settings.cache_clear()
    write_data_docs(published_town)
    with psycopg.connect(published_town.address) as connection:
        connection.execute("select api_v1.verify('{}')")
        write_anchors(connection, settings().home / "audit_anchors.jsonl")
    path = os.pathsep.join([str(Path(sys.executable).parent), str(tools), os.environ["PATH"]])
    yield os.environ | {"PATH": path, "PYTHONPATH": str(PROJECT_ROOT)}
    settings.cache_clear()


def files_below(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.builds
def test_the_restore_drill_is_run_as_written(warehouse: dict[str, str], tmp_path: Path) -> None:
    (block,) = blocks("Restore drill", "sh")
    kept = files_below(settings().home)
    assert settings().docs_dir / PAGE in kept
    done = subprocess.run(
        ["bash", "-eu", "-c", block], env=warehouse, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "generation 1" in done.stdout
    assert "the log holds: 1 行 rows，1 个锚点 anchors" in done.stdout
    assert "0 rows changed" in done.stdout
    assert not (tmp_path / "drill.dump").exists()
    assert {path: now for path, now in files_below(settings().home).items() if kept.get(path) != now} == {}
    with psycopg.connect(warehouse["MINZHENG_DATABASE_URL"]) as connection:
        left = connection.execute("select 1 from pg_database where datname = 'drill'").fetchone()
    assert left is None


@pytest.mark.builds
def test_a_run_in_a_drill_changes_nothing_and_leaves_the_home_alone(
    warehouse: dict[str, str], town: Town, tmp_path: Path
) -> None:
    """As `minzheng backup drill --inbox` does it."""
    copied = Warehouse(warehouse["MINZHENG_DATABASE_URL"])
    assert run_in_copy(copied, town.inbox, tmp_path / "elsewhere")
    assert not (settings().home / "logs").exists()
