"""Python's search for circles of garbage, seldom while dbt works or much is imported: among much that is made at
once and stays it takes a tenth of the time, a quarter of an import, two thirds where a manifest is read."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

SELDOM = (100_000, 50, 100)


@contextmanager
def seldom_collected() -> Iterator[None]:
    former = gc.get_threshold()
    gc.set_threshold(*SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*former)
