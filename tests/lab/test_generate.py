"""Determinism, settings, single days and broken deliveries."""

import csv
import hashlib
import json
from datetime import date
from pathlib import Path

import pytest
from delivery_tree import Tree
from typer.testing import CliRunner

from lab.simulator import generate
from lab.simulator.__main__ import app
from lab.simulator.parameters import SettingsError


def digest(root: Path) -> dict[str, str]:
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def test_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two", "other"):
        generate(tmp_path / name, 600, seed=2 if name == "other" else 1, days=3)
    assert digest(tmp_path / "one") == digest(tmp_path / "two")
    assert digest(tmp_path / "one") != digest(tmp_path / "other")


def test_a_second_run_replaces_the_first(tmp_path: Path) -> None:
    generate(tmp_path, 400, seed=1, days=5)
    generate(tmp_path, 400, seed=1, days=2)
    generate(tmp_path / "fresh", 400, seed=1, days=2)
    expected = digest(tmp_path / "fresh")
    assert {
        name: value for name, value in digest(tmp_path).items() if not name.startswith("fresh")
    } == expected


@pytest.mark.parametrize(
    ("days", "first_day"), [(1, date(2025, 6, 25)), (8, date(2024, 12, 28)), (3, date(2024, 2, 29))]
)
def test_other_calendars(tmp_path: Path, days: int, first_day: date) -> None:
    summary = generate(tmp_path, 500, seed=4, days=days, first_day=first_day)
    assert sum(1 for _ in Tree(tmp_path).deliveries("payment")) == days
    assert (summary.as_of - first_day).days == days - 1
    assert len(summary.lines) == 13


def test_progress_is_told(tmp_path: Path) -> None:
    steps: list[str] = []
    generate(tmp_path, 300, seed=1, days=1, progress=steps.append)
    assert "residents" in steps
    assert "payment" in steps


@pytest.mark.parametrize("wrong", [{"residents": 10}, {"days": 0}, {"defects": -1.0}])
def test_settings_that_make_no_sense_are_refused(tmp_path: Path, wrong: dict[str, float]) -> None:
    with pytest.raises(SettingsError):
        generate(tmp_path, **{"residents": 500, "seed": 1} | wrong)  # type: ignore[arg-type]


def test_broken_deliveries_are_listed_and_broken(tmp_path: Path) -> None:
    summary = generate(tmp_path, 1000, seed=1, days=3, faults=True)
    with (tmp_path / "truth" / "fault.csv").open(encoding="utf-8") as file:
        faults = list(csv.DictReader(file))
    assert len(faults) == summary.faults
    assert {row["fault"] for row in faults} == {
        "missing_manifest",
        "wrong_sha256",
        "wrong_row_count",
        "missing_column",
        "wrong_encoding",
        "wrong_field_count",
        "nul_byte",
        "unparsable_date",
        "unparsable_amount",
    }
    for row in faults:
        folder = tmp_path / row["system"] / row["feed"] / row["delivery_date"]
        data = next(path for path in folder.iterdir() if path.name != "manifest.json")
        content = data.read_bytes()
        if row["fault"] == "missing_manifest":
            assert not (folder / "manifest.json").exists()
            continue
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        right_sum = manifest["sha256"] == hashlib.sha256(content).hexdigest()
        assert right_sum == (row["fault"] != "wrong_sha256")
        if row["fault"] == "wrong_encoding":
            with pytest.raises(UnicodeDecodeError):
                content.decode(manifest["encoding"])
        if row["fault"] == "nul_byte":
            assert b"\0" in content.split(b"\r\n")[int(row["line"]) - 1]


def test_command_line(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, [str(tmp_path), "--residents", "400", "--seed", "2", "--days", "2"])
    assert result.exit_code == 0, result.output
    assert "cremation" in result.output
    assert "near misses" in result.output
    refused = CliRunner().invoke(app, [str(tmp_path), "--residents", "3"])
    assert refused.exit_code == 2
    assert "residents" in refused.output
