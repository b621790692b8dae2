"""Ten households of different kinds, written as deliveries and run through the whole job once."""

from collections.abc import Iterator
from datetime import date

import psycopg
import pytest
from golden_town import write_town

from warehouse.database.connection import Warehouse
from warehouse.pipeline.runs import run


@pytest.fixture(scope="module")
def town_template(templates) -> Warehouse:
    """Template into which the deliveries of the ten households were run; business date 30 June 2025."""

    def publish(database: Warehouse) -> None:
        result = run(database, templates.folder("golden", write_town))
        assert result.held == []
        assert result.publication.generation == 1
        assert result.business_date == date(2025, 6, 30)

    return templates.made_once("golden", publish)


@pytest.fixture(scope="module")
def town_database(town_template, new_database) -> Warehouse:
    return new_database(town_template)


@pytest.fixture(scope="module")
def warehouse(town_database) -> Iterator[psycopg.Connection]:
    with town_database.connect() as connection:
        yield connection
