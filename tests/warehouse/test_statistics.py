"""No cell of few people can be worked out from the statistics: every hidden one can have several values.

What a reader knows is solved for the largest and the smallest value of each: totals of lines and columns, that no
number is negative, and that a total stands where somebody draws a benefit.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from itertools import product

import numpy as np
import psycopg
import pytest
from scipy.optimize import linprog

from warehouse.database.connection import Warehouse

BANDS = ("0-17", "18-59", "60-79", "80-89", "90+", "unknown")
SEXES = ("1", "2", "unknown")
ALL = ("all", "all")

Cell = tuple[str, tuple[str, str]]  # place, and age band with sex
Table = dict[Cell, int | None]


def possible_values(shown: Mapping[Cell, int | None], city: str) -> dict[Cell, tuple[float, float]] | None:
    """The smallest and largest number each cell that is not told can have; null where the numbers do not add up
    (somebody draws in two districts and counts once in the city)."""
    places = {place for place, _ in shown}
    cells = [*product(places, [*product(BANDS, SEXES), ALL])]
    unknown = [cell for cell in cells if shown.get(cell) is None]
    column = {cell: number for number, cell in enumerate(unknown)}
    lines = [
        *([(cell, -1 if cell[1] == ALL else 1) for cell in cells if cell[0] == place] for place in places),
        *(
            [(cell, -1 if cell[0] == city else 1) for cell in cells if cell[1] == kind]
            for kind in {k for _, k in cells}
        ),
    ]
    matrix, sums = np.zeros((len(lines), len(unknown))), np.zeros(len(lines))
    for row, line in enumerate(lines):
        for cell, sign in line:
            if cell in column:
                matrix[row, column[cell]] = sign
            else:
                sums[row] -= sign * (shown[cell] or 0)
    bounds = [(1 if kind == ALL else 0, None) for _, kind in unknown]
    values = {}
    for cell, number in column.items():
        wanted = np.zeros(len(unknown))
        wanted[number] = 1
        least, most = (linprog(sign * wanted, A_eq=matrix, b_eq=sums, bounds=bounds) for sign in (1, -1))
        if least.status == 2:
            return None
        values[cell] = (least.fun, -most.fun if most.status == 0 else float("inf"))
    return values


def test_the_test_sees_what_is_given_away() -> None:
    shown: Table = {
        ("A", ("0-17", "1")): 6, ("A", ALL): 9, ("C", ("0-17", "1")): 6, ("C", ALL): 9,
        **{(place, kind): 0 for place in "AC" for kind in product(BANDS, SEXES) if kind[0] not in ("0-17", "90+")},
        **{(place, (band, sex)): 0 for place in "AC" for band in ("0-17", "90+") for sex in ("2", "unknown")},
    }  # fmt: skip
    values = possible_values(shown, "C")
    assert values is not None
    assert values["A", ("90+", "1")] == (3, 3)


@pytest.mark.builds
def test_no_cell_of_few_people_can_be_worked_out(published_town: Warehouse) -> None:
    with published_town.connect() as connection:
        shown, counted = told(connection), true_counts(connection)
    judged = 0
    for key, table in shown.items():
        city = min(place for place, _ in table if place.endswith("00"))
        values = possible_values(table, city)
        for cell, (least, most) in (values or {}).items():
            if 0 < counted[key][cell] < 5:
                judged += 1
                assert least < most, (key, cell)
    assert judged > 30


def told(connection: psycopg.Connection) -> dict[tuple, Table]:
    """What the statistics list of a month, by month and benefit."""
    tables: dict[tuple, Table] = defaultdict(dict)
    for month, benefit, place, band, sex, count in connection.execute(
        "select benefit_month, benefit_code, division_code, age_band, sex_code, recipient_count"
        " from marts.statistics_benefit_month where extract(month from benefit_month) = 5"
    ):
        tables[month, benefit][place, (band, sex)] = count
    return tables


def true_counts(connection: psycopg.Connection) -> dict[tuple, Counter[Cell]]:
    """How many people of a district each cell really has; the city's are told or as its districts' are."""
    counts: dict[tuple, Counter[Cell]] = defaultdict(Counter)
    for month, benefit, place, band, sex, count in connection.execute(
        "select benefit_month, benefit_code, division_code, age_band, coalesce(sex_code, 'unknown'),"
        " count(distinct person_key) from analytics.benefit_person_month group by 1, 2, 3, 4, 5"
    ):
        for cell in ((place, (band, sex)), (place, ALL)):
            counts[month, benefit][cell] += count
    return counts
