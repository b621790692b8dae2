"""Fixtures: a small warehouse on a real PostgreSQL."""

from collections.abc import Iterator

import pytest
from small_warehouse import MARTS, Warehouse


@pytest.fixture
def warehouse(database: str) -> Iterator[Warehouse]:
    opened = Warehouse(database)
    yield opened
    opened.close()


@pytest.fixture
def marts(warehouse: Warehouse) -> Warehouse:
    """The warehouse with empty marts and rules."""
    warehouse.connection.execute(MARTS.encode())
    return warehouse
