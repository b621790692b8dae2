"""A release numbers, tags and closes the changelog, or changes nothing; docs/versions.md says what is so. A second."""

import re
import subprocess
import sys
import tomllib
from datetime import date
from pathlib import Path
from types import ModuleType

import pytest
from loading import loaded

from warehouse.database.connection import OLDEST_VERSION
from warehouse.database.server import server_version, wheel_binaries
from warehouse.database.settings import PROJECT_ROOT

PAGE = (PROJECT_ROOT / "docs" / "versions.md").read_text(encoding="utf-8")
CHANGELOG = "# Changelog\n\n## Not released\n\n**New**\n- A thing.\n\n## 1.2.3, 2026-01-01\n\n- Older.\n"
DAY = date(2026, 5, 4)


@pytest.fixture(scope="module")
def making() -> ModuleType:
    return loaded(PROJECT_ROOT / "deploy" / "release.py")


@pytest.fixture
def project(tmp_path: Path, making: ModuleType) -> Path:
    """A project of three files at 1.2.3."""
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "minzheng"\nversion = "1.2.3"\n')
    (tmp_path / "uv.lock").write_text(
        '[[package]]\nname = "a"\nversion = "9"\n\n[[package]]\nname = "minzheng"\nversion = "1.2.3"\n'
    )
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG)
    making.git(tmp_path, "init", "--quiet")
    for name, value in {"user.name": "t", "user.email": "t@example.cn", "commit.gpgsign": "false"}.items():
        making.git(tmp_path, "config", name, value)
    making.git(tmp_path, "add", ".")
    making.git(tmp_path, "commit", "--quiet", "--message", "first")
    making.git(tmp_path, "tag", "v1.2.3")
    return tmp_path


def test_a_release_is_a_commit_and_a_tag_with_its_changes(project: Path, making: ModuleType) -> None:
    assert making.release(project, "1.3.0", DAY) == "v1.3.0"
    assert making.git(project, "status", "--porcelain") == ""
    assert tomllib.loads((project / "pyproject.toml").read_text())["project"]["version"] == "1.3.0"
    assert [p["version"] for p in tomllib.loads((project / "uv.lock").read_text())["package"]] == [
        "9",
        "1.3.0",
    ]
    assert (project / "CHANGELOG.md").read_text() == (
        "# Changelog\n\n## Not released\n\n## 1.3.0, 2026-05-04\n\n**New**\n- A thing.\n\n"
        "## 1.2.3, 2026-01-01\n\n- Older.\n"
    )
    assert (
        making.git(project, "tag", "--list", "v1.3.0", "--format=%(contents)")
        == "1.3.0\n\n**New**\n- A thing."
    )
    with pytest.raises(making.NoRelease, match="says nothing"):  # the next has to bring something
        making.release(project, "1.3.1", DAY)


@pytest.mark.parametrize(
    ("number", "why"),
    [("", "no version"), ("1.3", "no version"), ("v1.3.0", "no version"), ("1.3.0-rc1", "no version"),
     ("01.3.0", "no version"), ("1.2.5", "does not follow"), ("1.4.0", "does not follow"),
     ("1.3.1", "does not follow"), ("3.0.0", "does not follow"), ("1.2.3", "is there already")],
)  # fmt: skip
def test_a_number_that_does_not_follow_changes_nothing(
    project: Path, making: ModuleType, number: str, why: str
) -> None:
    with pytest.raises(making.NoRelease, match=why):
        making.release(project, number, DAY)
    assert making.git(project, "status", "--porcelain") == ""
    assert making.git(project, "tag") == "v1.2.3"


@pytest.mark.parametrize("number", ["1.2.4", "1.3.0", "2.0.0"])
def test_the_next_of_each_kind_follows(making: ModuleType, number: str) -> None:
    assert making.is_next(number, "1.2.3")


def test_a_tree_that_is_not_clean_or_a_version_that_is_nowhere_changes_nothing(
    project: Path, making: ModuleType
) -> None:
    (project / "new").touch()
    with pytest.raises(making.NoRelease, match="not clean"):
        making.release(project, "1.2.4", DAY)
    (project / "new").unlink()
    (project / "uv.lock").write_text("")
    making.git(project, "commit", "--quiet", "--all", "--message", "none")
    with pytest.raises(making.NoRelease, match=r"uv\.lock has no version"):
        making.release(project, "1.2.4", DAY)
    assert making.git(project, "status", "--porcelain") == ""


def test_the_project_can_be_released_as_it_is(making: ModuleType) -> None:
    """What the command looks for stands in its files."""
    files = {
        name: (PROJECT_ROOT / name).read_text(encoding="utf-8") for name in ("pyproject.toml", "uv.lock")
    }
    assert making.numbered(files["pyproject.toml"], r'^(version = ")[^"]*(")$', "9.9.9", "pyproject.toml")
    assert making.numbered(
        files["uv.lock"], r'^(name = "minzheng"\nversion = ")[^"]*(")$', "9.9.9", "uv.lock"
    )
    assert making.OPEN in (PROJECT_ROOT / "CHANGELOG.md").read_text(
        encoding="utf-8"
    )  # empty once it is released


def supported(part: str) -> list[int]:
    """The last numbers of the versions in the row of a part."""
    (versions,) = re.findall(rf"^\| {part} \| ([\d., ]+) \|", PAGE, re.MULTILINE)
    return [int(version.split(".")[-1]) for version in versions.split(", ")]


def test_the_page_supports_what_the_program_takes() -> None:
    wanted = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"][
        "requires-python"
    ]
    first, end = re.fullmatch(r">=3\.(\d+),<3\.(\d+)", wanted).groups()  # type: ignore[union-attr]
    assert supported("Python") == list(range(int(first), int(end)))
    assert supported("PostgreSQL") == list(range(OLDEST_VERSION, server_version(wheel_binaries()) + 1))


def test_what_holds_a_promise_is_there() -> None:
    named = set(re.findall(r"`(tests/[\w/]+\.py)`", PAGE))
    assert len(named) > 6
    assert sorted(name for name in named if not (PROJECT_ROOT / name).exists()) == []


def test_the_command_says_why_and_ends_badly(project: Path) -> None:
    script = (PROJECT_ROOT / "deploy" / "release.py").read_text(encoding="utf-8")
    (project / "deploy").mkdir()
    (project / "deploy" / "release.py").write_text(script)
    ran = subprocess.run(
        [sys.executable, "deploy/release.py", "1.2"], cwd=project, capture_output=True, text=True
    )
    assert ran.returncode == 1
    assert (
        ran.stderr
        == "No release. '1.2' is no version: three numbers are wanted (docs/versions.md). Nothing was changed.\n"
    )
