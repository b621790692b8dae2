"""Verdicts given without asking are those the database would give."""

from decimal import Decimal

import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql

from ingestion.judge import AMOUNT_QUERY, AMOUNTS, PLAIN_NUMBER, READABLE_BY, _plain_amount, _surely_a_number


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
