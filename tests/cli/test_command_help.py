"""`minzheng --help` in groups, in both languages, and `minzheng --version`."""

import re
import tomllib
from collections.abc import Iterator

import pytest
import typer
from typer.core import TyperGroup
from typer.testing import CliRunner

from cli.command_groups import GROUPS
from cli.main import app
from warehouse.database.settings import PROJECT_ROOT

CHINESE = re.compile("[\u4e00-\u9fff]")


def minzheng(*words: str) -> str:
    """What it prints at 80 columns."""
    done = CliRunner().invoke(app, words, env={"COLUMNS": "80", "TERMINAL_WIDTH": "80"})
    assert done.exit_code == 0
    return done.stdout


def commands(group: TyperGroup, before: str = "") -> Iterator[tuple[str, str]]:
    """Path and help of every command below a group."""
    for name, command in group.commands.items():
        yield f"{before}{name}", command.help or ""
        if isinstance(command, TyperGroup):
            yield from commands(command, f"{before}{name} ")


def test_the_version_is_the_package_s() -> None:
    project = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert minzheng("--version") == f"minzheng {project['version']}\n"


def test_every_command_stands_in_one_group_and_no_other_does() -> None:
    listed = [path for lines in GROUPS.values() for path in lines]
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    assert sorted(listed) == sorted(path for path, _ in commands(group))
    for lines in GROUPS.values():  # what belongs together stays together
        assert [path for path in lines if path.split()[0] not in lines] == []


def test_every_command_is_explained_in_chinese_and_english() -> None:
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    for path, told in commands(group):
        chinese, _, english = told.partition("\n\n")
        assert CHINESE.search(chinese), path
        assert re.search("[a-z]{3}", english), path


def test_the_help_shows_the_groups_in_order() -> None:
    shown = minzheng("--help")
    places = [shown.index(title) for title in GROUPS]
    assert places == sorted(places)
    rest = shown
    for title, lines in GROUPS.items():
        rest = rest[rest.index(title) :]
        box = rest[: rest.index("╰")]
        names = [path for path in lines if " " not in path]
        assert re.findall(r"^│ ([a-z-]+) ", box, re.MULTILINE) == names
        assert all(CHINESE.search(line) for line in box.splitlines()[1:] if re.match("│ [a-z]", line))
    assert "…" not in shown
    assert "─ Commands ─" not in shown


@pytest.mark.parametrize("words", [("run", "--help"), ("audit", "--help"), ("audit", "verify", "--help")])
def test_the_help_of_one_command_is_in_both_languages(words: tuple[str, ...]) -> None:
    shown = minzheng(*words)
    assert CHINESE.search(shown)
    assert re.search("[A-Z][a-z]+ ", shown)
