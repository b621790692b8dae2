"""What glues people together elsewhere, planted: none of them may be merged, and the honest ones are found."""

import pytest
from id_numbers import check, mistyped, swapped

from linkage.linking import link

# Twins: one birth date, one household, numbers side by side.
TWIN, OTHER_TWIN = check("42020319681203291"), check("42020319681203293")
WIFE = check("42020319700415282")
FATHER = check("42020319420319229")
# Somebody else of the twin's name and birth date, from another place.
NAMESAKE = check("11010519681203113")
HOME = {"case_no": None, "group_no": "register:1", "feed": "population", "role": "person"}
ALONE = {"case_no": None}


@pytest.fixture
def household(mention):
    """A register household: twins 周荣生 and 周荣华, the wife of the first."""
    mention(TWIN, "周荣生", sex_code="1", born_on="1968-12-03", **HOME)
    mention(OTHER_TWIN, "周荣华", sex_code="1", born_on="1968-12-03", **HOME)
    mention(WIFE, "林素芳", sex_code="2", born_on="1970-04-15", **HOME)


def review(connection):
    """Line number to the kind and the identity numbers of its cases."""
    found = {}
    for line, kind, number in connection.execute(
        """
        select line_number, kind, id_number
        from ops.identity_review inner join ops.resident_identity using (resident_id)
        """
    ).fetchall():
        found.setdefault(line, (kind, set()))[1].add(number)
    return found


@pytest.mark.parametrize("slip", [mistyped, swapped])
def test_a_slip_of_the_pen_is_found(connection, mention, links, household, slip):
    line = mention(slip(TWIN), "周荣生", **ALONE)
    link(connection)
    assert links()[line] == (TWIN, "probabilistic")


def test_name_and_birth_date_find_the_right_twin(connection, mention, links, household):
    lines = {
        name: mention("", name, born_on="1968-12-03", **ALONE) for name in ("周荣生", "周荣华", "周蓉升")
    }
    link(connection)
    assert links()[lines["周荣生"]] == (TWIN, "probabilistic")
    assert links()[lines["周荣华"]] == (OTHER_TWIN, "probabilistic")
    assert links()[lines["周蓉升"]] == (TWIN, "probabilistic")  # written as it sounds


def test_a_twin_nobody_registered_is_not_his_brother(connection, mention, links, household):
    third = mention("", "周荣福", born_on="1968-12-03", sex_code="1", group_no="register:1", **ALONE)
    link(connection)
    assert links()[third] == (None, "unresolved")
    assert third in review(connection)


def test_same_name_and_birth_date_is_for_people(connection, mention, links, household):
    mention(NAMESAKE, "周荣生", born_on="1968-12-03", **ALONE)
    line = mention("", "周荣生", born_on="1968-12-03", **ALONE)
    link(connection)
    assert links()[line] == (None, "unresolved")
    assert review(connection) == {line: ("near_tie", {TWIN, NAMESAKE})}


def test_the_spouse_on_the_line_tells_namesakes_apart(connection, mention, links, household):
    mention(NAMESAKE, "周荣生", born_on="1968-12-03", **ALONE)
    couple = {"feed": "marriage_event", "case_no": "marriage:1", "group_no": "marriage:1", "line_number": 100}
    mention("", "周荣生", born_on="1968-12-03", sex_code="1", role="husband", **couple)
    mention(WIFE, "林素芳", born_on="1970-04-15", sex_code="2", role="wife", **couple)
    link(connection)
    found = connection.execute(
        """
        select id_number from ops.person_link inner join ops.resident_identity using (resident_id)
        where role = 'husband'
        """
    ).fetchall()
    assert found == [(TWIN,)]


def test_father_and_son_of_one_name(connection, mention, household):
    """Both in one aid household, and the son has no number: he is not his father."""
    aid = {"feed": "aid_household", "case_no": "aid:7", "group_no": "aid:7", "line_number": 100}
    mention(FATHER, "周荣生", role="member1", **aid)
    mention("", "周荣生", role="member2", **aid)
    link(connection)
    son = connection.execute(
        """
        select id_number from ops.person_link left join ops.resident_identity using (resident_id)
        where role = 'member2'
        """
    ).fetchone()
    assert son != (FATHER,)


def test_a_reused_number_splits_by_name(connection, mention, links, household):
    stranger = mention(TWIN, "李凤香", **ALONE)
    link(connection)
    assert links()[stranger] == (None, "unresolved")
    assert review(connection) == {stranger: ("name_conflict", {TWIN})}


def test_the_number_of_the_spouse_is_known_by_the_household_book(connection, mention, links, household):
    """The number says the wife; name, birth date and household book the husband."""
    line = mention(WIFE, "周荣生", born_on="1968-12-03", sex_code="1", **ALONE)
    link(connection)
    assert links()[line] == (TWIN, "probabilistic")
    assert review(connection) == {}


@pytest.mark.parametrize("against", [{"born_on": "1980-01-01"}, {"sex_code": "2"}])
def test_age_and_sex_of_the_line_speak_too(connection, mention, links, household, against):
    line = mention(WIFE, "周荣生", **against, **ALONE)
    link(connection)
    assert links()[line] == (None, "unresolved")
    assert WIFE in review(connection)[line][1]


def test_the_brothers_name_under_a_number_is_the_brothers(connection, mention, links, household):
    """Their names differ in one character, as a slip of the pen would; but somebody bears that name."""
    line = mention(TWIN, "周荣华", **ALONE)
    slip = mention(TWIN, "周荣升", **ALONE)
    link(connection)
    assert links()[line] == (OTHER_TWIN, "probabilistic")
    assert links()[slip] == (TWIN, "id_number")


CHILD = check("42020320110728483")


def test_a_child_under_the_fathers_number_is_the_child(connection, mention, links, household):
    mention(CHILD, "周晨梓", sex_code="1", born_on="2011-07-28", **HOME)
    line = mention(TWIN, "周晨梓", **ALONE)
    link(connection)
    assert links()[line] == (CHILD, "probabilistic")


def test_a_child_nobody_registered_is_for_people(connection, mention, links, household):
    lines = [mention(TWIN, "周晨梓", case_no=f"aid:{month}") for month in range(5)]
    link(connection)
    assert {links()[line] for line in lines} == {(None, "unresolved")}
    assert review(connection) == {line: ("name_conflict", {TWIN}) for line in lines}


def test_a_child_registered_later_takes_its_lines(connection, mention, links, household):
    line = mention(TWIN, "周晨梓", **ALONE)
    link(connection)
    mention(CHILD, "周晨梓", delivery_id="d2", delivery_order=2, **HOME)
    link(connection)
    assert links()[line] == (CHILD, "probabilistic")


def test_a_brother_registered_later_takes_his_lines(connection, mention, links):
    """Until then his name is a way of writing the other's."""
    mention(TWIN, "周荣生", **HOME)
    line = mention(TWIN, "周荣华", **ALONE)
    link(connection)
    assert links()[line] == (TWIN, "id_number")
    mention(OTHER_TWIN, "周荣华", delivery_id="d2", delivery_order=2, **HOME)
    link(connection)
    assert links()[line] == (OTHER_TWIN, "probabilistic")


def test_four_people_with_one_character_in_common_are_not_one(connection, mention, links):
    lines = [mention(TWIN, name, case_no=None) for name in ("张国强", "李国华", "王国庆", "陈建国")]
    link(connection)
    assert {links()[line] for line in lines} == {(None, "unresolved")}
    assert review(connection) == {line: ("name_conflict", {TWIN}) for line in lines}


def test_a_name_changed_by_law_is_the_registers_word(connection, mention, links):
    born = {"born_on": "1968-12-03", "sex_code": "1"}
    before = mention(TWIN, "周荣生", **born, **HOME)
    paid = mention(TWIN, "周荣生", case_no="aid:1")
    after = mention(TWIN, "周浩", delivery_id="d2", delivery_order=2, **born, **HOME)
    link(connection)
    assert {links()[line] for line in (before, paid, after)} == {(TWIN, "id_number")}


def test_twelve_payments_do_not_outvote_the_register(connection, mention, links, household):
    for month in range(12):
        mention(TWIN, "周晨梓", case_no="aid:9", delivery_id=f"p{month}", delivery_order=month + 2)
    link(connection)
    assert links()[1] == (TWIN, "id_number")


def test_the_register_with_another_birth_date_does_not_name_the_number(connection, mention, links):
    child = mention(TWIN, "周晨梓", born_on="2011-07-28", **HOME)
    father = mention(TWIN, "周荣生", case_no="aid:1")
    mention(TWIN, "周荣生", case_no="aid:2")
    link(connection)
    assert links()[child] == (None, "unresolved")
    assert links()[father] == (TWIN, "id_number")


def test_the_usual_name_of_a_number_does_not_depend_on_who_came_first(connection, mention, links):
    first = mention(WIFE, "周荣生", **ALONE)
    link(connection)
    assert links()[first] == (WIFE, "id_number")  # nothing speaks against it yet
    for _ in range(2):
        mention(WIFE, "林素芳", delivery_id="d2", delivery_order=2, **ALONE)
    link(connection)
    assert links()[first] == (None, "unresolved")
    moves = connection.execute("select kind, line_number from ops.identity_event").fetchall()
    assert moves == [("unlinked", first)]


def test_two_valid_numbers_are_two_people(connection, mention, links, household):
    same = {"born_on": "1968-12-03", "phone": "13800000000", "address": "武汉路1号", "case_no": None}
    one, other = mention(TWIN, "周荣生", **same), mention(NAMESAKE, "周荣生", **same)
    link(connection)
    assert links()[one] == (TWIN, "id_number")
    assert links()[other] == (NAMESAKE, "id_number")


@pytest.mark.parametrize("blank_like", ["无", "不详", "0" * 18, "123456789012345678", "196812030000"])
def test_blank_like_numbers_glue_nobody(connection, mention, links, household, blank_like):
    lines = [mention(blank_like, name, case_no=f"card:{name}") for name in ("林素芳", "李凤香", "周荣生")]
    link(connection)
    assert {links()[line] for line in lines} == {(None, "unresolved")}


def test_family_phone_and_address_do_not_carry_another_name(connection, mention, links):
    shared = {"phone": "13800000000", "address": "武汉路1号7栋", "case_no": None}
    mention(FATHER, "周荣生", **shared)
    son = mention("", "周小军", **shared)
    link(connection)
    assert links()[son] == (None, "unresolved")


def test_a_register_of_an_institution_ties_nobody(connection, mention, links):
    for place in range(20):
        number = check(f"42020319{60 + place}0101{place * 2 + 1:03d}")
        mention(number, f"张{'甲乙丙丁戊己庚辛壬癸'[place % 10]}{place}", **HOME)
    line = mention("", "张甲0", case_no=None, group_no="register:1")
    link(connection)
    assert links()[line] == (None, "unresolved")


def test_any_order_of_arrival_gives_the_same_people(connection, links, in_any_order):
    said = [
        (TWIN, "周荣生", {"born_on": "1968-12-03", **HOME}), (OTHER_TWIN, "周荣华", HOME), (WIFE, "林素芳", HOME),
        (NAMESAKE, "周荣生", ALONE), (mistyped(TWIN), "周荣生", ALONE), (WIFE, "李凤香", ALONE),
        ("", "周荣华", {"born_on": "1968-12-03", **ALONE}), ("", "周荣生", {"born_on": "1968-12-03", **ALONE}),
        ("", "林素芳", {"group_no": "register:1", **ALONE}),
    ]  # fmt: skip
    found = in_any_order(said, lambda: (frozenset(links().items()), frozenset(review(connection))), seeds=3)
    assert len(found) == 1


def test_a_second_run_changes_nothing(connection, mention, household):
    mention(mistyped(TWIN), "周荣生", **ALONE)
    mention(WIFE, "李凤香", **ALONE)
    look = "select * from ops.person_link order by delivery_id, line_number, role"
    first = link(connection)
    before = connection.execute(look).fetchall()
    second = link(connection)
    assert connection.execute(look).fetchall() == before
    assert (second.mentions, second.new_residents) == (0, 0)
    assert (second.inferred, second.in_review, second.unresolved) == (
        first.inferred, first.in_review, first.unresolved,
    )  # fmt: skip
    assert connection.execute("select count(*) from ops.identity_event").fetchone() == (0,)
