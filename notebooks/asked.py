"""What the notebooks ask, by the login of whoever opened them: the warehouse in use, its schema `analytics` alone."""

from datetime import date

import pandas as pd

from warehouse.database.chosen import known_warehouse
from warehouse.database.settings import settings

# Of fewer people nothing leaves the office (docs/analysts.md).
FEWEST = 5


def asked(statement: str) -> pd.DataFrame:
    """The rows of a query; numbers as floats, days as timestamps."""
    engine = known_warehouse(settings()).engine()
    try:
        with engine.connect() as connection:
            rows = pd.read_sql(statement, connection, coerce_float=True)
    finally:
        engine.dispose()
    days = [name for name in rows if rows[name].map(type).eq(date).any()]
    return rows.assign(**{name: pd.to_datetime(rows[name]) for name in days})


def enough(rows: pd.DataFrame, people: str) -> pd.DataFrame:
    """Without the groups of too few people."""
    return rows[rows[people] >= FEWEST]
