"""What was weighed is weighed again only where its evidence has news, and nothing else shows it."""

import random

import pytest
from id_numbers import check, mistyped, swapped

from ingestion.linkage import link

ADULT, NAMESAKE, WIFE = (
    check("42020319681203291"), check("11010519681203113"), check("42020319700415282"),
)  # fmt: skip
ALONE = {"case_no": None}

STANDING = """
    select 'link' as kind, delivery_id, line_number, role, resident_id, method, reasons, match_score::float8 as n
    from ops.person_link
    union all
    select 'pair', delivery_id, line_number, role, resident_id, null, reasons, weight from ops.identity_pair
    union all
    select 'review', delivery_id, line_number, role, resident_id, kind, reasons, match_score
    from ops.identity_review
    union all
    select 'weighed', delivery_id, line_number, role, null, basis, null, null from ops.identity_weighed
    order by 1, 2, 3, 4, 5
"""


def standing(connection):
    return connection.execute(STANDING).fetchall()


@pytest.fixture
def open_mention(connection, mention):
    """周荣生, known by his number, and a line of his with a slip of the pen."""
    mention(ADULT, "周荣生", **ALONE)
    line = mention(mistyped(ADULT), "周荣生", phone="138", group_no="unit:1", **ALONE)
    assert link(connection).weighed == 1
    return line


def test_nothing_is_weighed_twice_without_cause(connection, mention, open_mention):
    assert link(connection).weighed == 0
    mention(WIFE, "林素芳", delivery_id="d2", delivery_order=2, **ALONE)
    assert link(connection).weighed == 0
    assert link(connection, anew=True).weighed == 1


@pytest.mark.parametrize(
    "news",
    [
        {"number": NAMESAKE, "name": "周荣生"},  # same name and birth date
        {"number": ADULT, "name": "周荣华"},  # another name of the candidate
        {"number": WIFE, "name": "林素芳", "phone": "138"},  # a tie
        {"number": WIFE, "name": "林素芳", "group_no": "unit:1"},  # a companion
    ],
)
def test_news_that_touches_it_weighs_it_again(connection, mention, open_mention, news):
    mention(**{"delivery_id": "d2", "delivery_order": 2, "case_no": None, **news})
    assert link(connection).weighed == 1


@pytest.mark.parametrize("seed", range(8))
def test_step_by_step_stands_as_if_weighed_anew(connection, mention, seed):
    """Small towns in which everybody shares something with somebody, delivered in pieces."""
    chance = random.Random(seed)
    given_names = ["荣生", "荣华", "芳", "素芳"]
    people = [
        (check(f"420203{born}{place}{serial}"), chance.choice("周林") + chance.choice(given_names))
        for born in ("19681203", "19700415", "19681230")
        for place, serial in ((29, 1), (29, 3), (11, 2))
    ]
    for batch in range(1, 9):
        for _ in range(6):
            number, name = chance.choice(people)
            slips = (str, str, str, mistyped, swapped_anywhere, lambda _: "")
            written = chance.choice(slips)(number)
            mention(
                written,
                chance.choice([name, name, name, "李凤香"]),
                born_on=chance.choice([None, f"{number[6:10]}-{number[10:12]}-{number[12:14]}"]),
                case_no=chance.choice([None, None, f"aid:{chance.randrange(6)}"]),
                group_no=chance.choice([None, f"unit:{chance.randrange(6)}"]),
                phone=chance.choice([None, None, f"13{chance.randrange(4)}"]),
                delivery_id=f"d{batch}",
                delivery_order=batch,
            )
        link(connection)
    before = standing(connection)
    assert {row[0] for row in before} >= {"link", "pair", "weighed"}
    link(connection, anew=True)
    assert standing(connection) == before


def swapped_anywhere(number: str) -> str:
    place = next(place for place in range(16, 5, -1) if number[place] != number[place - 1]) - 1
    return swapped(number, place)
