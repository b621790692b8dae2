"""The cleaning functions in PostgreSQL against independent oracles, many values in one query."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import psycopg
import pytest
from stdnum.cn import ric
from stdnum.exceptions import ValidationError

FULL_WIDTH = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")
DIVISIONS = ("420202", "110101", "330502", "210500")


@pytest.fixture
def clean(db: psycopg.Connection) -> Callable[[str, list[str]], list[Any]]:
    """Results of a cleaning function for a list of texts."""

    def call(function: str, values: list[str]) -> list[Any]:
        return [
            row[0]
            for row in db.execute(
                f"select clean.{function}(value) "
                "from unnest(%s::text[]) with ordinality as given(value, n) order by n",
                [values],
            ).fetchall()
        ]

    return call


def id_number(random: Random) -> str:
    born = date(1920, 1, 1) + timedelta(days=random.randrange(36_000))
    number = f"{random.choice(DIVISIONS)}{born:%Y%m%d}{random.randrange(1000):03d}"
    return number + ric.calc_check_digit(number + "?")


def is_valid(number: str) -> bool:
    """Check character and date as python-stdnum sees them.

    It also knows which divisions existed when; we do not judge that: a number keeps the code of
    a county that is gone.
    """
    try:
        ric.get_birth_date(number)
    except ValidationError:
        return False
    return ric.calc_check_digit(number) == number[-1]


def test_id_numbers_against_stdnum(clean: Callable[[str, list[str]], list[Any]]) -> None:
    random = Random(1)
    right = [id_number(random) for _ in range(1500)]
    wrong = []
    for number in right:
        place = random.randrange(18)
        digit = random.choice("0123456789" + ("X" if place == 17 else ""))
        wrong.append(number[:place] + digit + number[place + 1 :])
    assert clean("id_number", right) == right
    for number, cleaned in zip(wrong, clean("id_number", wrong), strict=True):
        if number[0] != "0":
            assert (cleaned is not None) == is_valid(number), number


def test_any_sequence_may_be_issued(clean: Callable[[str, list[str]], list[Any]]) -> None:
    """GB 11643 reserves none of 18 digits; 000 is rare, and real."""
    issued = [first_17 + ric.calc_check_digit(first_17 + "?") for first_17 in (
        "42020319681203000", "42020319681203001", "42020319681203999",
    )]  # fmt: skip
    assert clean("id_number", issued) == issued
    assert clean("id_number_note", issued) == ["", "", ""]


def travel_check_digit(first_14: str) -> str:
    """ICAO 9303: weights 7, 3, 1; ``int`` reads letters from 10."""
    return str(
        sum((7, 3, 1)[place % 3] * int(character, 36) for place, character in enumerate(first_14)) % 10
    )


def test_cards_of_residents_from_elsewhere(clean: Callable[[str, list[str]], list[Any]]) -> None:
    """Hong Kong, Macao, Taiwan; foreigners since 2023: the same check character. Before: three letters."""
    random = Random(6)
    right = []
    for start in ("810000", "820000", "830000", "931840", "942156"):
        for _ in range(40):
            first_17 = start + id_number(random)[6:17]
            right.append(first_17 + ric.calc_check_digit(first_17 + "?"))
    old = ["KAZ110090123105", "USA420003022810", "USA420000022910"]  # 2000 had a 29 February
    old = [number[:14] + travel_check_digit(number[:14]) for number in old]
    assert old[0] == "KAZ110090123105"
    assert clean("id_number", right + old) == right + old
    assert set(clean("id_number_note", right + old)) == {""}
    assert clean("id_number", [" kaz１１0090123105 "]) == ["KAZ110090123105"]
    assert clean("born_on", [right[0], old[0]]) == [date.fromisoformat(right[0][6:14]), None]
    assert clean("sex_code", [right[0], old[0]]) == [("2", "1")[int(right[0][16]) % 2], None]
    assert clean("mask_id_number", [right[0], old[0]]) == [
        f"{right[0][:6]}********{right[0][14:]}",
        "KAZ110*****3105",
    ]
    wrong = [right[0][:17] + ("1" if right[0][17] != "1" else "2"), "KAZ110090123106", "KAZ110090133105"]
    assert clean("id_number", wrong) == [None, None, None]
    assert clean("id_number_note", wrong) == ["wrong_check", "wrong_check", "wrong_date"]
    assert clean("mask_id_numbers_in", [f"见{old[0]}。"]) == ["见KAZ110******105。"]


def test_fifteen_equal_digits_are_a_placeholder(clean: Callable[[str, list[str]], list[Any]]) -> None:
    assert clean("id_number", ["1" * 15]) == [None]  # would be a day in 1911
    assert clean("id_number_note", ["1" * 15]) == ["placeholder"]


def test_digits_that_a_spreadsheet_left_are_those_it_wrote(
    clean: Callable[[str, list[str]], list[Any]],
) -> None:
    """Zeros behind the few it showed are nobody's: two people of a county would be one."""
    written = ["4.20222194002048E+17", "420222194002048000", "420222194002048000.0"]
    assert clean("surviving_digits", written) == ["420222194002048"] * 3
    shown = ["4.20222E+17", "4.2E+17", "420222000000000000", "420222000000000000.0", "4.20222000000000E+17"]
    assert clean("surviving_digits", shown) == [None] * 5


def test_spellings_of_an_id_number(clean: Callable[[str, list[str]], list[Any]]) -> None:
    random = Random(2)
    right = [id_number(random) for _ in range(300)]
    spellings = (
        str.lower,
        lambda n: n.translate(FULL_WIDTH),
        lambda n: f"'{n}",
        lambda n: f" {n[:6]}\u3000{n[6:14]}\u00a0{n[14:]}\u200b",
    )
    for spell in spellings:
        assert clean("id_number", [spell(number) for number in right]) == right
    fifteen = [number for number in right if number[6:8] == "19" and number[14:17] < "996"]
    assert clean("id_number", [number[:6] + number[8:17] for number in fifteen]) == fifteen


def test_numbers_that_are_none(clean: Callable[[str, list[str]], list[Any]]) -> None:
    values = [
        "",
        "无",
        "4.20222193405271e+17",
        "420222193405271000",
        "1" * 18,
        "420202199002301234",
        "42020219900101123",
    ]
    assert clean("id_number", values) == [None] * len(values)
    assert clean("id_number_note", values)[:5] == [
        "missing", "missing", "lost_digits", "lost_digits", "placeholder"
    ]  # fmt: skip


def test_date_spellings(clean: Callable[[str, list[str]], list[Any]]) -> None:
    random = Random(3)
    days = [date(1900, 1, 1) + timedelta(days=random.randrange(60_000)) for _ in range(400)]
    spellings: tuple[Callable[[date], str], ...] = (
        lambda d: f"{d:%Y%m%d}", lambda d: f"{d:%Y-%m-%d}", lambda d: f"{d:%Y/%m/%d}",
        lambda d: f"{d:%Y.%m.%d}",
        lambda d: f"{d.year}/{d.month}/{d.day}", lambda d: f"{d.year}年{d.month}月{d.day}日",
        lambda d: f" {d:%Y-%m-%d} ", lambda d: f"{d:%Y-%m-%d} 08:30:00", lambda d: f"{d:%Y-%m-%dT08:30:00}",
        lambda d: f"{d:%Y-%m-%d}".translate(FULL_WIDTH),
    )  # fmt: skip
    for spell in spellings:
        assert clean("date", [spell(day) for day in days]) == days
    serials = {str((day - date(1899, 12, 30)).days): day for day in days if day > date(1927, 6, 1)}
    sure = {serial: day for serial, day in serials.items() if not re.match("(19|20)..[1-9]", serial)}
    assert clean("date", list(sure)) == list(sure.values())
    assert clean("month", [f"{day:%Y%m}" for day in days]) == [day.replace(day=1) for day in days]


def test_days_that_are_in_no_calendar(clean: Callable[[str, list[str]], list[Any]]) -> None:
    """All combinations of month and day around the edges agree with Python's calendar."""
    parts = [
        (y, m, d) for y in (1900, 2000, 2023, 2024) for m in range(14) for d in (0, 1, 28, 29, 30, 31, 32)
    ]

    def expected(y: int, m: int, d: int) -> date | None:
        try:
            return date(y, m, d)
        except ValueError:
            return None

    for form in ("{}-{:02}-{:02}", "{}{:02}{:02}", "{}年{}月{}日"):
        assert clean("date", [form.format(*part) for part in parts]) == [expected(*part) for part in parts]
    junk = ["", " ", "0000-00-00", "soon", "2024-1", "20240230", "99999", "2024-02-30 08:00", "٢٠٢٤-٠١-٠١"]
    assert clean("date", junk) == [None] * len(junk)


def test_amounts(clean: Callable[[str, list[str]], list[Any]]) -> None:
    random = Random(4)
    cents = [random.randrange(-(10**8), 10**10) for _ in range(400)]
    amounts = [Decimal(value) / 100 for value in cents]
    spellings: tuple[Callable[[Decimal], str], ...] = (
        str, lambda a: f"{a:,}", lambda a: f"{a}元", lambda a: f"¥{a}", lambda a: f" {a} ",
        lambda a: f"{a / 10000:f}万元", lambda a: f"{a}".translate(FULL_WIDTH),
    )  # fmt: skip
    for spell in spellings:
        assert clean("yuan", [spell(amount) for amount in amounts]) == amounts
    junk = ["", "-", "1.2.3", "1e+05", "viel", "9" * 13, "0x10", "NaN", "Infinity"]
    assert clean("yuan", junk) == [None] * len(junk)


def test_identity_numbers_within_a_text_are_masked(clean: Callable[[str, list[str]], list[Any]]) -> None:
    random = Random(7)
    for number in [id_number(random) for _ in range(50)]:
        masked = f"{number[:6]}********{number[14:]}"
        spellings = ("{}", "JZ{}", "{0}/{0}", "证号{}。", "{}43")  # the last as on a disability card
        assert clean("mask_id_numbers_in", [spelt.format(number) for spelt in spellings]) == [
            spelt.format(masked) for spelt in spellings
        ]
        assert clean("mask_id_numbers_in", [number.lower()]) == [masked.lower()]
    assert clean("mask_id_numbers_in", ["130503670401001/husband"]) == ["130503******001/husband"]
    # Numbers of a sender's own: longer ones, and such as a date and a serial make.
    own = ["JZ33050300000023", "420203202410270012", "4202032024102700123456", "9" * 18, "9" * 40, "", "无"]
    own += ["0.130503670401001"]  # decimals
    assert clean("mask_id_numbers_in", own) == own


def test_a_text_that_only_says_there_is_none_is_none_however_wide(
    clean: Callable[[str, list[str]], list[Any]],
) -> None:
    """Columns of a fixed width come with their blanks."""
    given = ["无", "无" + 19 * " ", " / ", 20 * " ", " 平房 ", "无" + 11 * "x" + "  "]
    assert clean("text", given) == [None, None, None, None, "平房", "无" + 11 * "x"]


def test_no_function_ever_raises(clean: Callable[[str, list[str]], list[Any]]) -> None:
    random = Random(5)
    alphabet = "0123456789-/.:年月日万元%+eExX,'\\ \u3000\u200b\U00020bb7TZ¥"
    values = ["".join(random.choices(alphabet, k=random.randrange(24))) for _ in range(3000)]
    for function in (
        "date",
        "month",
        "instant",
        "number",
        "yuan",
        "share",
        "id_number",
        "id_number_note",
        "mask_id_numbers_in",
        "compact",
    ):
        assert len(clean(function, values)) == len(values)
    for note in clean("id_number_note", values):
        assert re.fullmatch(r"[a-z_0-9,]*", note)


def test_years_of_age_are_those_by_which_rules_count(db: psycopg.Connection) -> None:
    """Of every two days around the end of February: so many years after birth have passed, and not one more."""
    wrong = db.execute(
        """
        select born_on, counted_on, years
        from generate_series(date '2003-02-25', date '2004-03-03', interval '1 day') as born (born_on)
        cross join generate_series(date '2023-02-25', date '2025-03-03', interval '1 day') as counted (counted_on)
        cross join lateral clean.age_years(born_on::date, counted_on::date) as years
        where
            not coalesce(born_on + make_interval(years => years) <= counted_on, false)
            or born_on + make_interval(years => years + 1) <= counted_on
        """
    ).fetchall()
    assert wrong == []
