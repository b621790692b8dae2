"""What the demo says to type next can be typed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cli.demo import next_steps
from warehouse.database.settings import PROJECT_ROOT


@pytest.mark.parametrize("is_on_path", [True, False])
def test_the_next_steps_work_as_typed(
    is_on_path: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(PROJECT_ROOT)
    programs = [str(Path(sys.executable).parent)] if is_on_path else []
    monkeypatch.setenv("PATH", os.pathsep.join([*programs, "/usr/bin", "/bin"]))
    home = tmp_path / "a home"
    typed = [command for command, _ in next_steps(home, "3f2a" * 8)]
    commands = [command for command in typed if command.split()[0] not in ("export", "unset")]
    assert len(commands) == len(typed) - 2
    assert all(command.startswith("minzheng ") == is_on_path for command in commands)
    # With --help a command says that it and its options exist, and does nothing else.
    lines = [f"{command} --help >/dev/null" if command in commands else command for command in typed]
    lines.insert(1, 'test "$MINZHENG_HOME" = "$0"')
    done = subprocess.run(
        ["bash", "-euc", "\n".join(lines), str(home)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_without_a_finding_none_is_explained(tmp_path: Path) -> None:
    assert not [command for command, _ in next_steps(tmp_path, None) if "explain" in command]
