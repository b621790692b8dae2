"""The warehouse of a command. What opens it is loaded only then: help waits for no engine."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg

if TYPE_CHECKING:
    from warehouse.database.connection import Warehouse


@contextmanager
def opened_warehouse() -> Iterator["Warehouse"]:
    """What the settings name, or the embedded one, running while inside."""
    from warehouse.database.chosen import open_warehouse

    with open_warehouse() as warehouse:
        yield warehouse


@contextmanager
def connected() -> Iterator[psycopg.Connection]:
    """A connection to it."""
    with opened_warehouse() as warehouse, warehouse.connect() as connection:
        yield connection
