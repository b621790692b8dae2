"""Loads a delimited file with dlt, as its documentation shows: `python dlt_load.py FILE ENCODING ROWS URL`.

A script of its own, for an environment that has dlt[postgres]: it is not in the project's lock.
Prints rows, seconds and the highest memory (MB) as JSON.
"""

import csv
import json
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice

import dlt


def main() -> None:
    path, encoding, rows, url = sys.argv[1:]

    @dlt.resource(name="dlt_copy", write_disposition="replace")
    def lines() -> Iterator[dict[str, str]]:
        with open(path, encoding=encoding, newline="") as file:
            yield from islice(csv.DictReader(file), int(rows))

    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        pipeline = dlt.pipeline(
            "landing_benchmark",
            pipelines_dir=folder,
            destination=dlt.destinations.postgres(url),
            dataset_name="dlt_copy",
        )
        pipeline.run(lines())
        seconds = time.perf_counter() - start
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps([int(rows), seconds, memory]))


if __name__ == "__main__":
    main()
