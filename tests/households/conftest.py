"""Ten households of different kinds, written as deliveries and run through the whole job once."""

from collections.abc import Iterator
from datetime import date

import psycopg
import pytest
from golden_town import write_town

from warehouse.database.connection import connect
from warehouse.pipeline.runs import run


@pytest.fixture(scope="module")
def town_template(templates) -> str:
    """Template into which the deliveries of the ten households were run; business date 30 June 2025."""

    def publish(url: str) -> None:
        result = run(url, templates.folder("golden", write_town))
        assert result.held == []
        assert result.publication.generation == 1
        assert result.business_date == date(2025, 6, 30)

    return templates.made_once("golden", publish)


@pytest.fixture(scope="module")
def town_url(town_template, new_database) -> str:
    return new_database(town_template)


@pytest.fixture(scope="module")
def warehouse(town_url) -> Iterator[psycopg.Connection]:
    with connect(town_url) as connection:
        yield connection
