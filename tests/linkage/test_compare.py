"""Names and numbers compared: properties and the cases people argue about."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypinyin import Style, lazy_pinyin

from linkage.compare import full_form, near_forms, surname

names = st.text("周荣生华沈审章张单善解谢欧阳娜丽·", min_size=1, max_size=5)


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
     ("区大海", "ou da hai"), ("乐毅", "yue yi"), ("红解", "hong jie"), ("古丽·买买江", "gu li mai mai jiang"),
     ("吕女", "lv nv"), ("王🀄", "wang 🀄")],
)  # fmt: skip
def test_surnames_are_read_as_surnames(connection, written, sound):
    assert connection.execute("select clean.name_sound(%s)", [written]).fetchone() == (sound,)


def test_characters_are_read_as_the_library_reads_them(connection):
    known = connection.execute("select character, sound from clean.character_sound").fetchall()
    assert len(known) > 40_000
    for character, sound in random.Random(0).sample(known, 500):
        assert lazy_pinyin(character, style=Style.NORMAL) == [sound]


@pytest.mark.parametrize(
    ("one", "other", "may_be"),
    [
        ("周荣生", "周荣生", True),
        ("沈丽", "审莉", True),  # as it sounds
        ("欧阳娜", "ouyangNA", True),
        ("周荣生", "周荣升", True),
        ("周荣生", "周华生", True),  # one character different in three
        ("周荣生", "李荣生", True),  # the surname changed
        ("周王素芳", "王素芳", True),  # the husband's surname before her own
        ("古丽·买买江", "古丽·买买提", True),
        ("阿依古丽", "阿依古丽·买买提", True),
        ("周荣生", "李凤香", False),
        ("余正国", "余晨梓", False),  # of one family
        ("张三", "张四", False),
        ("王芳", "王思雨", False),
        ("张明", "张小明", False),
        ("张国强", "李国华", False),  # one character of the given name
        ("张强", "李强", False),
    ],
)
def test_names_of_one_person_and_of_two(connection, one, other, may_be):
    for pair in ([one, other], [other, one]):
        assert connection.execute("select clean.is_one_name(%s, %s)", pair).fetchone() == (may_be,)


@pytest.mark.parametrize(
    ("stated", "holder", "kin", "contradicts"),
    [
        ("周荣生", ["周荣生"], [], False),
        ("周荣升", ["周荣生"], ["林素芳"], False),
        ("周荣华", ["周荣生"], [], False),
        ("周荣华", ["周荣生"], ["周荣华"], True),  # the brother's own name
        ("周荣生", ["周荣生"], ["周荣生"], False),  # father and son of one name
        ("周明", ["周荣生", "周明"], [], False),  # renamed
        ("周荣生", [], [], True),  # nobody is known to hold it
    ],
)
def test_a_name_against_a_number(connection, stated, holder, kin, contradicts):
    told = connection.execute(
        "select clean.name_contradicts(%s, %s::text[], %s::text[])", [stated, holder, kin]
    ).fetchone()
    assert told == (contradicts,)
