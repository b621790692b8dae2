"""Settings of a test: their own home, and the database the test names."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from warehouse.config import settings


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home for logs and dbt's files, thrown away afterwards."""
    monkeypatch.setenv("MINZHENG_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("MINZHENG_DATABASE_URL", raising=False)
    settings.cache_clear()
    yield tmp_path / "home"
    settings.cache_clear()
