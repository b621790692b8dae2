"""A bureau's own list of divisions: streets, villages, zones that no list has, and what changed since.

What it says of a code takes the place of all that the program's lists say of it. The whole is examined: what a
division is part of is there and in force while it is, and so is who follows.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path

from ingestion.divisions import (
    CODE,
    OWN_COLUMNS,
    OWN_FILE,
    as_shipped,
    by_code,
    level_of,
    lists_with,
    merged,
    shipped,
)
from warehouse.bureau.faults import Fault, refuse
from warehouse.bureau.tables import Row, end_of, problems_of_span, read_table, table_text

# From the largest down.
LEVELS = ("nation", "province", "prefecture", "heading", "county", "township", "village")


def read(folder: Path) -> tuple[dict[int, Row], list[Fault]]:
    """The rows of the list by their line, and what is wrong with it."""
    rows, faults = read_table(folder, OWN_FILE, OWN_COLUMNS, _of_row)
    return rows, faults or list(_of_all(rows))


def seeds(folder: Path) -> dict[Path, str]:
    """Path below the seeds to text of the lists of divisions, where the bureau has one of its own.

    Raises UsageError, naming file, line and fix.
    """
    rows, faults = read(folder)
    refuse(folder, faults)
    if not rows:
        return {}
    lists = lists_with([as_shipped(row) for row in rows.values()])
    columns = list(shipped("gb2260_division")[0])
    return {Path("divisions", f"{name}.csv"): table_text(columns, rows) for name, rows in lists.items()}


def _of_row(row: Row) -> Iterator[str]:
    """What is wrong with a row by itself."""
    if not CODE.fullmatch(row["code"]):
        yield f"code {row['code'] or '(empty)'}: write 6 digits (9 of a street or township, 12 of a village)."
    if not row["name"].strip():
        yield "name is empty: fill it in."
    if not row["parent"]:
        yield "parent is empty: write the code of what it is part of."
    if not row["valid_from"]:
        yield "valid_from is empty: write the day from which it holds."
    yield from problems_of_span(row)
    if row["successor"] and not row["valid_to"]:
        yield "successor: goes with valid_to, the day from which the other code holds."


def _of_all(rows: Mapping[int, Row]) -> Iterator[Fault]:
    """What is wrong with the rows beside each other and beside the program's."""
    listed: dict[str, list[dict[str, str]]] = defaultdict(list)
    for shipped_row in merged([as_shipped(row) for row in rows.values()]):
        listed[shipped_row["code"]].append(shipped_row)
    latest = by_code([row for of_code in listed.values() for row in of_code])
    by_line = defaultdict(list)
    for line, row in rows.items():
        by_line[row["code"]].append((row["valid_from"], line, row))
        if problem := _of_parent(row, listed):
            yield Fault(OWN_FILE, line, problem)
        for code in row["successor"].split():
            if code not in latest or latest[code]["valid_to"]:
                yield Fault(
                    OWN_FILE, line, f"successor {code} is no division in force: correct it, or add its row."
                )
    for of_code in by_line.values():
        for (_, first, row), (begins, line, _) in pairwise(sorted(of_code, key=lambda entry: entry[:2])):
            if end_of(row) > begins:
                yield Fault(
                    OWN_FILE, line, f"begins before line {first} ends: write valid_to {begins} there."
                )
    given = {row["code"] for row in rows.values()}
    for code, line in ((row["code"], line) for line, row in rows.items() if latest[row["code"]]["valid_to"]):
        # What the program lists below a code that the bureau has ended would lie in nothing.
        below = sorted(c for c, row in latest.items() if row["parent_code"] == code and not row["valid_to"])
        if left := [other for other in below if other not in given]:
            yield Fault(OWN_FILE, line, f"ends, and {left[0]} in it does not: give its row here too.")


def _of_parent(row: Row, listed: Mapping[str, list[dict[str, str]]]) -> str | None:
    parent = row["parent"]
    above = listed.get(parent, [])
    if not above:
        return f"parent {parent} is no division: correct it, or add its row."
    if LEVELS.index(above[-1]["level"]) >= LEVELS.index(level_of(row["code"])):
        return f"parent {parent} is no larger division than {row['code']}."
    until = end_of(row)
    if not any(each["valid_from"] < until and end_of(each) > row["valid_from"] for each in above) or (
        not row["valid_to"] and all(each["valid_to"] for each in above)
    ):
        return f"parent {parent} is not in force while {row['code']} is: write the one that is."
    return None
