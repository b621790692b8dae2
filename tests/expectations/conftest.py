"""Fixtures: a small warehouse on a real PostgreSQL."""

from collections.abc import Iterator

import pytest
from small_warehouse import MARTS, SmallWarehouse

from warehouse.database.connection import Warehouse


@pytest.fixture
def warehouse(database: Warehouse) -> Iterator[SmallWarehouse]:
    opened = SmallWarehouse(database)
    yield opened
    opened.close()


@pytest.fixture
def marts(warehouse: SmallWarehouse) -> SmallWarehouse:
    """The warehouse with empty marts and rules."""
    warehouse.connection.execute(MARTS.encode())
    return warehouse
