"""Ten households of different kinds, written as deliveries and run through the whole job once."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import psycopg
import pytest
from golden_town import write_town

from warehouse.config import settings
from warehouse.database import connect
from warehouse.pipeline import run


@pytest.fixture(scope="module")
def town(tmp_path_factory) -> Path:
    inbox = tmp_path_factory.mktemp("golden")
    write_town(inbox)
    return inbox


@pytest.fixture(scope="module")
def town_url(town, new_database, tmp_path_factory) -> Iterator[str]:
    """A database into which the town's deliveries were run; business date 30 June 2025."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MINZHENG_HOME", str(tmp_path_factory.mktemp("home")))
        settings.cache_clear()
        url = new_database(None)
        result = run(url, town)
        assert result.held == []
        assert result.publication.generation == 1
        assert result.business_date == date(2025, 6, 30)
        yield url
    settings.cache_clear()


@pytest.fixture(scope="module")
def warehouse(town_url) -> Iterator[psycopg.Connection]:
    with connect(town_url) as connection:
        yield connection
