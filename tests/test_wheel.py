"""An installed program has all that it reads; what is only of a clone stays there."""

import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from warehouse.database.settings import PROJECT_ROOT

PACKAGES = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"][
    "build"
]["targets"]["wheel"]["packages"]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel's content, as installed."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(build, cwd=PROJECT_ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def test_the_wheel_has_every_file_of_its_packages(site: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", *PACKAGES], cwd=PROJECT_ROOT, check=True, capture_output=True, text=True
    ).stdout.split()
    assert listed
    assert [name for name in listed if not (site / name).is_file()] == []


def test_an_installed_program_reads_its_own_files_and_keeps_its_state_at_home(
    site: Path, tmp_path: Path
) -> None:
    code = """
import sys
from pathlib import Path
from ingestion.contract import load_contracts
from lab.simulator import working_days
from warehouse.database.settings import IS_CHECKOUT, settings
from warehouse.pipeline.dbt import PROJECT
from warehouse.pipeline.inputs import program_digest
site, home = map(Path, sys.argv[1:])
assert load_contracts() and (PROJECT / "dbt_project.yml").is_file() and program_digest()
assert PROJECT.is_relative_to(site) and Path(working_days.__file__).is_relative_to(site)
assert not IS_CHECKOUT and settings().home == home / ".minzheng" and settings().inbox == home / "inbox"
"""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MINZHENG_")}
    environment |= {"PYTHONPATH": str(site), "HOME": str(tmp_path)}
    subprocess.run(
        [sys.executable, "-c", code, str(site), str(tmp_path)], cwd=tmp_path, env=environment, check=True
    )
