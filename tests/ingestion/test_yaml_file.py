"""YAML of ours: what is said twice is refused, with its place."""

import re
from pathlib import Path

import pytest

from ingestion.bureau import PROGRAM
from ingestion.yaml_file import YamlError, read_yaml

OURS = sorted(
    path for folder in ("dbt_project", "ingestion", "lab", "tests", "warehouse")
    for path in (PROGRAM / folder).rglob("*.yml") if not {"target", ".venv"} & set(path.parts)
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("map:\n  kind: {codes: {'1': a, '1': b}}\n", 2),
        ("a: 1\nb:\n  - {c: 1}\na: 2\n", 4),
        ("codes:\n  1: a\n  01: b\n", 3),
    ],
)
def test_a_key_twice_is_told_with_its_line(tmp_path: Path, text: str, line: int) -> None:
    path = tmp_path / "one.yml"
    path.write_text(text)
    with pytest.raises(YamlError, match=rf"^one.yml line {line}: \w+ stands here and in line \d\. Keep one"):
        read_yaml(path)


def test_what_is_taken_over_may_be_said_otherwise(tmp_path: Path) -> None:
    path = tmp_path / "one.yml"
    path.write_text("a: &usual {x: 1, y: 2}\nb: {<<: *usual, y: 3}\nc: {'1': a, 1: b}\n")
    assert read_yaml(path)["b"] == {"x": 1, "y": 3}


@pytest.mark.parametrize("path", OURS, ids=lambda path: str(path.relative_to(PROGRAM)))
def test_no_file_of_the_program_says_a_key_twice(path: Path) -> None:
    read_yaml(path)


def test_there_is_one_reader() -> None:
    packages = ("cli", "dags", "expectations", "ingestion", "lab", "linkage", "serving", "warehouse")
    paths = [path for package in packages for path in (PROGRAM / package).rglob("*.py")]
    reading = [path for path in paths if re.search(r"yaml\.(safe_)?load\(", path.read_text(encoding="utf-8"))]
    assert [path.name for path in reading] == ["yaml_file.py"]
