"""Our own generator of demo and benchmark deliveries, in the given layouts, with ground truth.

from lab.simulator import generate
generate(Path("inbox"), residents=10_000, seed=1)
"""

from .generate import Summary, generate

__all__ = ["Summary", "generate"]
