"""What was weighed is weighed again only where its evidence has news, and nothing else shows it."""

import random

import pytest
from id_numbers import check, mistyped, swapped
from seeds import seeds

from linkage.linking import link

ADULT, NAMESAKE, WIFE = (
    check("42020319681203291"), check("11010519681203113"), check("42020319700415282"),
)  # fmt: skip
# No valid number, and no resident with one like it.
STRANGER = "110105194912310021"
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


def read_otherwise(connection, line, number):
    connection.execute(
        "update intermediate.int_person_mentions set id_number = %s, id_number_note = '' where line_number = %s",
        [number, line],
    )


def test_another_program_reads_mentions_in_lines_taken_in_before(connection, mention, links):
    mention(ADULT, "周荣生", **ALONE)
    link(connection)
    line = mention(ADULT, "周荣生", role="another", **ALONE)
    assert link(connection).mentions == 0  # its delivery was taken in
    assert link(connection, anew=True).mentions == 1
    assert links()[line] == (ADULT, "id_number")
    assert link(connection, anew=True).mentions == 0

    connection.execute("delete from intermediate.int_person_mentions where line_number = %s", [line])
    link(connection, anew=True)
    assert line not in links()


def test_another_program_reads_a_number_it_could_not_read(connection, mention, links):
    mention(ADULT, "周荣生", **ALONE)
    line = mention(STRANGER, "欧阳娜", **ALONE)
    link(connection)
    newcomer = connection.execute(
        "select resident_id from ops.person_link where line_number = %s", [line]
    ).fetchone()
    assert newcomer[0] > 2**52

    read_otherwise(connection, line, WIFE)
    link(connection, anew=True)
    assert links()[line] == (WIFE, "id_number")
    # What people decided of the newcomer is found by this event.
    assert connection.execute(
        "select kind, before_resident_id from ops.identity_event where line_number = %s", [line]
    ).fetchall() == [("merged", *newcomer)]


def test_another_program_reads_a_number_as_anothers_or_none(connection, mention, links):
    line, other = mention(ADULT, "周荣生", **ALONE), mention(WIFE, "林素芳", **ALONE)
    link(connection)
    read_otherwise(connection, line, NAMESAKE)
    read_otherwise(connection, other, None)
    link(connection, anew=True)
    assert links() == {line: (NAMESAKE, "id_number"), other: (None, "unresolved")}


def test_short_numbers_keep_their_century_when_read_anew(connection, mention, links):
    child = check("42020320101203291")
    short = mention(child[:6] + child[8:17], "周小生", **ALONE)
    mention(child, "周小生", **ALONE)
    link(connection)
    before = links()
    assert before[short] == (child, "id_number")
    assert link(connection, anew=True).mentions == 0
    assert links() == before


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


@pytest.mark.parametrize("seed", seeds(0, 8))
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
