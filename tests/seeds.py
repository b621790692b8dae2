"""Seeds of the tests that choose at random."""

import pytest


def seeds(first: int, count: int) -> list:
    """The first is of the usual run, the further ones of ``make test-all``."""
    further = [pytest.param(seed, marks=pytest.mark.soak) for seed in range(first + 1, first + count)]
    return [first, *further]
