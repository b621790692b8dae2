"""The generated cities the tests look at."""

from pathlib import Path

import pytest
from delivery_tree import Tree

from lab.simulator import Summary, generate


@pytest.fixture(scope="session")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("city")


@pytest.fixture(scope="session")
def summary(out: Path) -> Summary:
    return generate(out, 2000, seed=7)


@pytest.fixture(scope="session")
def tree(summary: Summary) -> Tree:
    return Tree(summary.out)


@pytest.fixture(scope="session")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    """A city without defects."""
    root = tmp_path_factory.mktemp("clean")
    generate(root, 1500, seed=3, defects=0)
    return Tree(root)
