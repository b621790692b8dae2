"""Linkage by number and by traces, on hand-made mentions."""

from itertools import permutations

import pytest
from id_numbers import check

from linkage.linking import link

ADULT, OTHER, CHILD = check("42020319420319229"), check("11010519491231002"), check("42020320110728483")


def test_a_valid_number_is_a_resident_and_keeps_its_id(connection, mention, links):
    first = mention(ADULT, "周荣生")
    assert link(connection).new_residents == 1
    second = mention(f" {ADULT[:6]} {ADULT[6:]}", "周荣生", delivery_id="d2", delivery_order=2)
    result = link(connection)
    assert (result.mentions, result.new_residents) == (1, 0)
    assert links() == {first: (ADULT, "id_number"), second: (ADULT, "id_number")}


@pytest.mark.parametrize(
    ("lines", "known"),
    [
        ([("payment", "周荣生")], {"周荣生"}),
        ([("population", "周荣生"), ("population", "周明")], {"周荣生", "周明"}),  # changed by law
        ([("population", "周荣生"), ("payment", "周明")], {"周荣生"}),  # of the family, not the holder
        ([("payment", "周荣生"), ("payment", "周荣生"), ("payment", "周荣升")], {"周荣生"}),
        ([("payment", "周荣生"), ("payment", "周明")], set()),  # nobody knows whose it is
    ],
)
def test_the_names_a_number_is_known_by_are_kept_for_verification(connection, mention, lines, known):
    """The same, whether the lines come one by one, at once, or are looked at anew."""
    for order, (feed, name) in enumerate(lines, start=1):
        mention(ADULT, name, feed=feed, case_no=f"aid:{order}", delivery_id=f"d{order}", delivery_order=order)
        link(connection)
    for anew in (False, True):
        link(connection, anew=anew)
        kept = connection.execute("select name from ops.holder_name").fetchall()
        assert {name for (name,) in kept} == known


def test_without_a_valid_number_and_without_a_trace_nobody_is_guessed(connection, mention, links):
    mention(ADULT, "周荣生")
    unknown = mention("", "周荣生", case_no="aid:2")
    assert link(connection).unresolved == 1
    assert links()[unknown] == (None, "unresolved")


def test_the_same_case_and_name_is_a_trace(connection, mention, links):
    mention(ADULT, "周荣生")
    wrong = mention(ADULT[:-1] + ("1" if ADULT[-1] != "1" else "2"), "周荣生")
    stranger = mention("", "周荣华")
    link(connection)
    assert links()[wrong] == (ADULT, "probabilistic")
    assert links()[stranger] == (None, "unresolved")


def test_two_people_of_one_name_in_a_case_are_not_decided(connection, mention, links):
    mention(ADULT, "周荣生")
    mention(OTHER, "周荣生")
    unknown = mention("", "周荣生")
    link(connection)
    assert links()[unknown] == (None, "unresolved")


def test_a_second_candidate_that_comes_later_takes_the_link_back(connection, mention, links):
    """So that the order of deliveries does not matter."""
    mention(ADULT, "周荣生")
    unknown = mention("", "周荣生")
    link(connection)
    assert links()[unknown] == (ADULT, "probabilistic")
    mention(OTHER, "周荣生", delivery_id="d2", delivery_order=2)
    link(connection)
    assert links()[unknown] == (None, "unresolved")


def test_the_digits_a_spreadsheet_left_need_the_name_too(connection, mention, links):
    mention(ADULT, "周荣生")
    damaged = f"{ADULT[0]}.{ADULT[1:15]}e+17"
    same = mention(damaged, "周荣生", case_no="cremation:1")
    other = mention(damaged, "周荣华", case_no="cremation:2")
    link(connection)
    assert links()[same] == (ADULT, "probabilistic")
    assert links()[other] == (None, "unresolved")


def test_fifteen_digits_mean_the_last_century(connection, mention, links):
    short = mention(ADULT[:6] + ADULT[8:17], "周荣生")
    link(connection)
    assert links()[short] == (ADULT, "id_number")


def test_fifteen_digits_of_a_child_known_by_its_full_number(connection, mention, links):
    mention(CHILD, "孟天泽", case_no="register:1")
    short = mention(CHILD[:6] + CHILD[8:17], "孟天泽", case_no="aid:9")
    link(connection)
    assert links()[short] == (CHILD, "id_number")


def test_ids_follow_the_order_in_which_people_were_first_named(connection, mention, links):
    mention(OTHER, "甲", delivery_order=2, delivery_id="d2")
    mention(ADULT, "乙", delivery_order=1)
    link(connection)
    numbers = connection.execute(
        "select id_number from ops.resident_identity order by resident_id"
    ).fetchall()
    assert [number for (number,) in numbers] == [ADULT, OTHER]


SHORT = CHILD[:6] + CHILD[8:17]
ELDER = check(CHILD[:6] + "19" + CHILD[8:17])


def residents(connection):
    return connection.execute(
        "select id_number, resident_id from ops.resident_identity order by resident_id"
    ).fetchall()


def kinds(connection):
    return connection.execute("select kind, line_number from ops.identity_event order by event_id").fetchall()


def test_a_century_decided_later_keeps_the_id_and_leaves_no_orphan(connection, mention, links):
    short = mention(SHORT, "孟天泽", case_no="aid:9")
    link(connection)
    assert links()[short] == (ELDER, "id_number")
    before = residents(connection)
    full = mention(CHILD, "孟天泽", case_no="register:1", delivery_id="d2", delivery_order=2)
    assert link(connection).new_residents == 0
    assert links() == {short: (CHILD, "id_number"), full: (CHILD, "id_number")}
    assert residents(connection) == [(CHILD, before[0][1])]
    assert kinds(connection) == [("renumbered", short)]


def test_an_elder_named_in_full_takes_the_short_numbers_from_the_child(connection, mention, links):
    mention(CHILD, "孟天泽", case_no="register:1")
    short = mention(SHORT, "孟天泽", case_no="aid:9")
    link(connection)
    assert links()[short] == (CHILD, "id_number")
    mention(ELDER, "孟天泽", case_no="register:2", delivery_id="d2", delivery_order=2)
    link(connection)
    assert links()[short] == (ELDER, "id_number")
    assert kinds(connection) == [("moved", short)]


@pytest.mark.parametrize("order", permutations([CHILD, SHORT, ELDER]))
@pytest.mark.parametrize("absent", [CHILD, ELDER, None])
def test_the_century_does_not_depend_on_who_came_first(connection, mention, links, order, absent):
    lines = {}
    for arrival, number in enumerate((number for number in order if number != absent), start=1):
        day = {"delivery_id": f"d{arrival}", "delivery_order": arrival}
        lines[number] = mention(number, "孟天泽", case_no=f"aid:{arrival}", **day)
        link(connection)
    expected = CHILD if absent == ELDER else ELDER
    assert links() == {
        line: (expected if number == SHORT else number, "id_number") for number, line in lines.items()
    }
    assert len(residents(connection)) == len({number for number, _ in links().values()})
