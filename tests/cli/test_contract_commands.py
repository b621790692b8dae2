"""`minzheng contract draft` and `try`, as they are typed: no database is set up, and none is touched."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from warehouse.database.server import EmbeddedServer

Minzheng = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def minzheng(open_folder: Path, tmp_path: Path) -> Minzheng:
    """Runs it where the database in use cannot be reached; the scratch server is stopped after each."""

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        elsewhere = {
            "MINZHENG_HOME": str(open_folder),
            "MINZHENG_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing",
        }
        ran = subprocess.run(
            [sys.executable, "-m", "cli.main", *words],
            env=os.environ | elsewhere,
            capture_output=True,
            text=True,
        )
        assert not EmbeddedServer(open_folder / "scratch").is_running
        return ran

    return run


def test_from_an_unknown_file_to_its_first_rows(minzheng: Minzheng, tmp_path: Path) -> None:
    data, contract = tmp_path / "入住_全量_20250601.csv", tmp_path / "eldercare__county_stay.yml"
    data.write_text(
        "入住编号,姓名,身份证号,性别,入住日期,离院日期\n"
        "R1,王建国,42020419500101100X,男,2025-01-03,\n"
        "R2,李秀英,420204195203041021,女,2025-02-03,2025-03-01\n"
        "R3,张志强,,男,待定,\n",
        encoding="gb18030",
    )
    drafted = minzheng("contract", "draft", str(data), "--out", str(contract))
    assert drafted.returncode == 0, drafted.stderr
    assert "entered_on" in drafted.stdout
    assert "{property: feed, value: county_stay}" in contract.read_text(encoding="utf-8")
    again = minzheng("contract", "draft", str(data), "--out", str(contract))
    assert (again.returncode, "is there already" in again.stderr) == (2, True)

    tried = minzheng("contract", "try", str(contract), str(data))
    assert tried.returncode == 0, tried.stderr
    assert "通过 came through 66.7%" in tried.stdout
    assert "入住日期 日期无法识别 unreadable_date（第 4 行 lines）" in tried.stdout
    assert "王建国" not in tried.stdout
    assert "王**" in tried.stdout

    contract.write_text(contract.read_text(encoding="utf-8").replace("gb18030", "utf-8"), encoding="utf-8")
    refused = minzheng("contract", "try", str(contract), str(data))
    assert (refused.returncode, "No line came through" in refused.stderr) == (2, True)


def test_a_contract_that_is_not_there_is_told_in_one_sentence(minzheng: Minzheng, tmp_path: Path) -> None:
    tried = minzheng("contract", "try", str(tmp_path / "county__stay.yml"), str(tmp_path / "stay.csv"))
    assert (tried.returncode, "Traceback" in tried.stderr) == (2, False)
    assert "county__stay.yml: cannot be read (No such file" in tried.stderr
