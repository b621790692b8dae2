"""Names and numbers compared: properties and the cases people argue about."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.linkage.compare import conflict, full_form, near_forms, pinyin, surname

names = st.text("周荣生华沈审章张单善解谢欧阳娜丽·", min_size=1, max_size=5)


@given(names, names)
def test_conflict_has_no_direction_and_nobody_conflicts_with_himself(one, other):
    assert conflict(one, other) == conflict(other, one)
    assert not conflict(one, one)


@given(names, names)
def test_a_shared_form_means_exactly_one_given_character_differs(one, other):
    shares = bool(set(near_forms(one)) & set(near_forms(other))) and one != other
    differing = [place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b]
    expected = (
        len(one) == len(other) >= 3
        and len(differing) == 1
        and differing[0] >= max(len(surname(one)), len(surname(other)))
    )
    assert shares == expected


@given(st.text(max_size=25) | st.none())
def test_any_text_has_a_full_form_or_none(number):
    form = full_form(number)
    assert form is None or 17 <= len(form) <= 19


@given(st.text("0123456789", min_size=15, max_size=15))
def test_fifteen_digits_keep_theirs(number):
    form = full_form(number)
    assert form is None or form[:6] + form[8:] == number


@pytest.mark.parametrize(
    "blank_like", ["无", "不详", "0" * 18, "123456789012345678", "6.10322E+17", "", None]
)
def test_blank_like_values_are_missing(blank_like):
    assert full_form(blank_like) is None


@pytest.mark.parametrize(
    ("written", "sound"),
    [("单红玉", "shan hong yu"), ("查良庸", "zha liang yong"), ("仇英", "qiu ying"), ("解红", "xie hong"),
     ("区大海", "ou da hai"), ("乐毅", "yue yi"), ("红解", "hong jie"), ("古丽·买买江", "gu li mai mai jiang")],
)  # fmt: skip
def test_surnames_are_read_as_surnames(written, sound):
    assert pinyin(written) == sound


@pytest.mark.parametrize(
    ("one", "other", "conflicts"),
    [("周荣生", "李凤香", True), ("沈丽", "审莉", False), ("张三", "张四", False), ("王芳", "王思雨", False)],
)
def test_only_names_without_anything_in_common_conflict(one, other, conflicts):
    assert conflict(one, other) is conflicts
