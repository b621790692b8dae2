"""Verdicts given without asking are those the database would give."""

from decimal import Decimal

import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql

from ingestion.cleaning import READABLE_BY
from ingestion.contract import COLUMN_TYPES, LONGEST_BY_TYPE
from ingestion.judge import AMOUNT_QUERY, AMOUNTS, PLAIN_NUMBER, _plain_amount, _surely_a_number


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    st.lists(st.one_of(st.from_regex(PLAIN_NUMBER, fullmatch=True), st.text("0123456789.-+,", max_size=8)))
)
def test_plain_numbers_are_what_the_database_makes_of_them(db: psycopg.Connection, values: list[str]) -> None:
    amounts = [amount for (amount,) in db.execute(AMOUNT_QUERY, [values]).fetchall()]
    for value, amount in zip(values, amounts, strict=True):
        mine = _plain_amount(value)
        assert mine is None or mine == amount
    for kind in AMOUNTS:
        function = sql.Identifier("clean", READABLE_BY[kind][0])
        for value in values:
            if _surely_a_number(value):
                query = sql.SQL("select {}(%s::text)").format(function)
                assert db.execute(query, [value]).fetchone() == (Decimal(value),)


def test_whatever_is_kept_as_text_has_a_limit(db: psycopg.Connection) -> None:
    """Dates, amounts and the like end as values of their own kind; the items of a list have their own types."""
    kept_as_text = {name for name in COLUMN_TYPES if name not in READABLE_BY and name != "nested"}
    for name, (function, _) in READABLE_BY.items():
        query = sql.SQL("select pg_typeof({}(null::text))::text").format(sql.Identifier("clean", function))
        if db.execute(query).fetchone() == ("text",):
            kept_as_text.add(name)
    assert set(LONGEST_BY_TYPE) == kept_as_text
