"""Check characters, with python-stdnum as the oracle."""

from datetime import date
from random import Random

from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric, uscc

from lab.simulator.defects import swapped, wrong_digit
from lab.simulator.identity_numbers import NumberOffice, check_character, fifteen_digits

NUMBERS = st.builds(
    lambda seed, born, sex: NumberOffice(Random(seed)).person("330502", born, sex),
    st.integers(0, 10_000),
    st.dates(date(1920, 1, 1), date(2025, 6, 30)),
    st.sampled_from((1, 2)),
)


def is_valid(number: str) -> bool:
    return ric.calc_check_digit(number) == number[17]


@given(NUMBERS)
def test_issued_numbers_satisfy_the_oracle(number: str) -> None:
    """Its register of places is dated, so a code younger than the birth fails there: check and date only."""
    assert is_valid(number)
    assert check_character(number[:17]) == ric.calc_check_digit(number)
    assert f"{ric.get_birth_date(number):%Y%m%d}" == number[6:14]


@given(st.dates(date(1920, 1, 1), date(2025, 6, 30)), st.sampled_from((1, 2)))
def test_numbers_carry_birth_and_sex(born: date, sex: int) -> None:
    number = NumberOffice(Random(1)).person("330521", born, sex)
    assert number[6:14] == f"{born:%Y%m%d}"
    assert int(number[16]) % 2 == sex % 2


@given(st.integers(0, 10_000))
def test_company_codes_satisfy_the_oracle(seed: int) -> None:
    assert uscc.is_valid(NumberOffice(Random(seed)).company("330503"))


@given(NUMBERS, st.randoms(use_true_random=False))
def test_one_wrong_digit_or_swap_never_passes(number: str, random: Random) -> None:
    assert not is_valid(wrong_digit(random, number))
    typed = swapped(random, number)
    assert typed == number or not is_valid(typed)


def test_fifteen_digits_drop_century_and_check() -> None:
    assert fifteen_digits("11010519491231002X") == "110105491231002"


def test_numbers_are_never_issued_twice() -> None:
    office = NumberOffice(Random(5))
    issued = [office.person("330502", date(2000, 1, 1), 1) for _ in range(300)]
    assert len(set(issued)) == len(issued)
