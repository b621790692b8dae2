"""Names by pattern: what they say, which patterns are none, and which take one name both."""

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.file_names import NameParts, NamePattern, PatternError


@pytest.mark.parametrize(
    ("pattern", "name", "said"),
    [
        ("HY_{YYYYMMDD}.csv", "HY_20250602.csv", NameParts(date(2025, 6, 2), None, None, None)),
        ("HY_{YYYYMMDD}.csv", "HY_20250602.CSV", None),
        ("HY_{YYYYMMDD}.csv", "HY_2025062.csv", None),
        ("HY_{YYYYMMDD}.csv", "HY_20250231.csv", NameParts(None, None, None, None)),
        ("名册{YYYYMM}.xls", "名册202402.xls", NameParts(date(2024, 2, 29), None, None, None)),
        ("名册{YYYYMM}.xls", "名册202413.xls", NameParts(None, None, None, None)),
        ("a {DD}.{MM}.{YYYY}", "a 02.06.2025", NameParts(date(2025, 6, 2), None, None, None)),
        ("F{YYYYMMDD}.{part}-{parts}.txt", "F20250610.2-12.txt", NameParts(date(2025, 6, 10), None, 2, 12)),
        ("{YYYYMMDD}_{n}*.csv", "20250610_07 (终).csv", NameParts(date(2025, 6, 10), 7, None, None)),
        ("F{YYYYMMDD}.c", "F20250610xc", None),
        ("月报{YYYY}年{M}月.csv", "月报2025年6月.csv", NameParts(date(2025, 6, 30), None, None, None)),
        ("月报{YYYY}年{M}月.csv", "月报2025年12月.csv", NameParts(date(2025, 12, 31), None, None, None)),
        ("{YYYY}.{M}.{D} {n}.csv", "2025.6.5 12.csv", NameParts(date(2025, 6, 5), 12, None, None)),
    ],
)  # fmt: skip
def test_a_name_says(pattern: str, name: str, said: NameParts | None) -> None:
    assert NamePattern(pattern).match(name) == said


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("HY_{YYYYMMDD.csv", "a brace is left open"),
        ("HY_{YYYMMDD}.csv", "Did you mean YYYYMMDD?"),
        ("HY_{date}.csv", "Known: D, DD, M, MM, YYYY, YYYYMM, YYYYMMDD, n, part, parts."),
        ("{YYYYMMDD}_{YYYYMM}", "says the same twice"),
        ("{YYYY}.csv", "half a date"),
        ("{YYYYMMDD}.{part}", "belong together"),
        ("{YYYY}{M}{D}.csv", "a mark must part them"),
        ("{YYYY}-{n}{M}.csv", "a mark must part them"),
        ("{YYYY}*{M}.csv", "a mark must part them"),
        ("{YYYY}年{M}2.csv", "a mark must part them"),
        ("{YYYYMM}-{M}", "says the same twice"),
        ("a/{YYYYMMDD}", "without folders"),
        (".{YYYYMMDD}", "begins with no dot"),
    ],
)
def test_a_pattern_that_is_none(pattern: str, words: str) -> None:
    with pytest.raises(PatternError, match=re.escape(words)):
        NamePattern(pattern)


@pytest.mark.parametrize(
    ("one", "other", "does"),
    [
        ("A{YYYYMMDD}.csv", "B{YYYYMMDD}.csv", False),
        ("A{YYYYMMDD}.csv", "A{YYYYMM}.csv", False),
        ("A{YYYYMMDD}.csv", "A{YYYYMM}{n}.csv", True),
        ("A{YYYYMMDD}.csv", "A*.csv", True),
        ("A*{YYYYMMDD}.csv", "*B{YYYYMMDD}.csv", True),
        ("A*.csv", "*.txt", False),
        ("A{YYYY}-{M}.csv", "A{YYYY}-{MM}.csv", True),
        ("A{n}.csv", "A{n}{n}.csv".replace("{n}{n}", "1234567"), False),
    ],
)
def test_patterns_that_take_one_name(one: str, other: str, does: bool) -> None:
    assert NamePattern(one).overlaps(NamePattern(other)) is does
    assert NamePattern(other).overlaps(NamePattern(one)) is does


pieces = st.lists(st.sampled_from(["a", "b", "1", "2", "*", "{n}", "{YYYYMM}"]), min_size=1, max_size=5)


@given(pieces, pieces, st.text("ab12", max_size=9))
def test_a_name_that_both_take_is_foreseen(one: list[str], other: list[str], name: str) -> None:
    try:
        patterns = NamePattern("".join(one)), NamePattern("".join(other))
    except PatternError:
        return
    if all(pattern.match(name) is not None for pattern in patterns):
        assert patterns[0].overlaps(patterns[1])


def test_what_a_star_took_is_shown_only_where_it_looks_like_ours() -> None:
    pattern = NamePattern("核对*_{YYYYMMDD}*.csv")
    assert pattern.shown("核对A1_20250602.csv") == "核对A1_20250602.csv"
    shown = pattern.shown("核对511421198104170137_20250602欧阳样.csv")
    assert re.fullmatch(r"核对unprintable-[0-9a-f]{8}_20250602unprintable-[0-9a-f]{8}\.csv", shown)
