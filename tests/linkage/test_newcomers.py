"""New residents: who gets one, who shares one, and that ids stay."""

from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st
from id_numbers import check, mistyped

from linkage.linking import link
from linkage.newcomers import Said, newcomers
from linkage.review import Decision, decide

ADULT, WIFE = check("42020319681203291"), check("42020319700415282")
# No valid number, and no resident with one like it.
STRANGER = "110105194912310021"
ALONE = {"case_no": None}

said_by_anybody = st.builds(
    Said,
    mention_id=st.just(""),
    name=st.sampled_from("甲乙"),
    digits=st.none() | st.sampled_from(["420203196812032", "420203197004152"]),
    born=st.none() | st.sampled_from(["19681203", "19700415"]),
    sex=st.none() | st.sampled_from("12"),
    case_no=st.none() | st.sampled_from(["aid:1", "aid:2"]),
    line=st.sampled_from(["d:1", "d:2", "d:3"]),
    ties=st.lists(st.sampled_from(["resident:1", "phone:2"]), max_size=2).map(tuple),
    is_claimed=st.booleans(),
)


def numbered(said: list[Said]) -> list[Said]:
    places = count()
    return [Said(**{**vars(mention), "mention_id": f"m{next(places)}"}) for mention in said]


@given(st.lists(said_by_anybody, max_size=12), st.randoms())
def test_the_order_of_mentions_does_not_change_who_shares_a_resident(said, chance):
    def partition(mentions):
        groups = {}
        for mention, founder in newcomers(mentions, set()).items():
            groups.setdefault(founder, set()).add(mention)
        return {frozenset(group) for group in groups.values()}

    mentions = numbered(said)
    shuffled = chance.sample(mentions, len(mentions))
    assert partition(shuffled) == partition(mentions)


@given(st.lists(said_by_anybody, max_size=12))
def test_a_new_resident_never_contradicts_itself_nor_hides_somebody_known(said):
    mentions = {mention.mention_id: mention for mention in numbered(said)}
    found = newcomers(mentions.values(), set())
    for founder in set(found.values()):
        members = [mentions[mention] for mention, of in found.items() if of == founder]
        assert found[founder] == founder
        assert len({mention.name for mention in members}) == 1
        assert len({mention.birth_date for mention in members if mention.birth_date}) == 1
        assert len({mention.line for mention in members}) == len(members)
        assert not any(mention.is_claimed for mention in members)


@pytest.mark.parametrize(
    ("more", "joined"),
    [
        ({"digits": "110105194912310"}, True),
        ({"case_no": "aid:1"}, True),
        ({"born": "19491231", "ties": ("resident:1",)}, True),
        ({"born": "19491231", "ties": ("phone:138",)}, False),  # another telephone
        ({"born": "19491231"}, False),  # a namesake of the same day
        ({"name": "周荣华", "digits": "110105194912310"}, False),
        ({"born": "19700101", "case_no": "aid:1"}, False),  # father and son of one name
        ({"born": "19491231", "case_no": "aid:1", "line": "d:1"}, False),  # two roles of one line
    ],
)
def test_what_joins_two_mentions_of_a_new_resident(more, joined):
    first = Said("m1", "周荣生", "110105194912310", "19491231", None, "aid:1", "d:1", ("resident:1",))
    second = Said(**{"mention_id": "m2", "name": "周荣生", "line": "d:2", **more})
    found = newcomers([first, second], set())
    assert found["m1"] == "m1"
    assert (found.get("m2") == "m1") is joined


@pytest.fixture
def residents(connection):
    """Line number to resident id and method, on request."""

    def look():
        return {
            line: (resident, method)
            for line, resident, method in connection.execute(
                "select line_number, resident_id, method from ops.person_link"
            ).fetchall()
        }

    return look


def reasons(connection, line):
    return connection.execute(
        "select reasons from ops.person_link where line_number = %s", [line]
    ).fetchone()[0]


def events(connection):
    return connection.execute(
        "select kind, line_number, before_resident_id, after_resident_id from ops.identity_event order by event_id"
    ).fetchall()


def test_who_says_enough_and_is_nobody_known_gets_an_id_that_stays(connection, mention, residents):
    mention(ADULT, "周荣生", **ALONE)
    one = mention(STRANGER, "欧阳娜", **ALONE)
    other = mention(STRANGER, "欧阳娜", case_no="stay:1", delivery_id="d2", delivery_order=2)
    link(connection)
    new, method = residents()[one]
    assert method == "unresolved"  # not a person any other source could be asked about
    assert new > 2**52
    assert residents()[other] == (new, method)
    mention("", "欧阳娜", case_no="stay:1", delivery_id="d3", delivery_order=3)
    link(connection)
    assert {resident for resident, method in residents().values() if method == "unresolved"} == {new}
    assert events(connection) == []


def test_a_name_alone_is_not_enough(connection, mention, residents):
    line = mention("", "欧阳娜", **ALONE)
    link(connection)
    assert residents()[line] == (None, "unresolved")
    assert reasons(connection, line) == ["可辨信息不足"]


def test_whoever_may_be_known_is_no_new_resident(connection, mention, residents):
    """A near tie for people, and another line of the same case: neither founds anybody."""
    mention(ADULT, "周荣生", **ALONE)
    mention(check("11010519681203113"), "周荣生", **ALONE)
    doubtful = mention("", "周荣生", born_on="1968-12-03", case_no="stay:1")
    same_case = mention("", "周荣生", case_no="stay:1")
    link(connection)
    assert residents()[doubtful] == residents()[same_case] == (None, "unresolved")
    assert reasons(connection, doubtful) == ["待人工核对"]


def test_a_number_that_comes_later_takes_the_new_resident_over(connection, mention, residents):
    line = mention("", "周荣生", born_on="1968-12-03", sex_code="1", **ALONE)
    link(connection)
    new = residents()[line][0]
    assert new is not None
    later = mention(ADULT, "周荣生", delivery_id="d2", delivery_order=2, **ALONE)
    link(connection)
    known = residents()[later][0]
    assert residents()[line] == (known, "probabilistic")
    assert events(connection) == [("merged", line, new, known)]


def test_two_new_residents_become_one_and_part_again(connection, mention, residents):
    one = mention(STRANGER, "欧阳娜", case_no="stay:1")
    other = mention("", "欧阳娜", born_on="1949-12-31", case_no="card:1")
    link(connection)
    first, second = residents()[one][0], residents()[other][0]
    assert first != second
    # Two lines of one telephone and birth date tie both cases together.
    bridge = {"delivery_id": "d2", "delivery_order": 2}
    line = mention("", "欧阳娜", born_on="1949-12-31", case_no="stay:1", phone="138", **bridge)
    mention("", "欧阳娜", born_on="1949-12-31", case_no="card:1", phone="138", **bridge)
    link(connection)
    assert residents()[other][0] == residents()[line][0] == first
    assert ("merged", other, second, first) in events(connection)
    decide(connection, [Decision(f"d1:{other}:payee", first, "different")], "甲")
    link(connection)
    assert residents()[one][0] == first
    assert residents()[other][0] == second
    for _ in range(2):  # and never again, whatever is learnt
        mention("", "欧阳娜", born_on="1949-12-31", case_no="card:1", delivery_id="d3", delivery_order=3)
        link(connection)
        assert residents()[other][0] != first


def test_any_order_gives_the_same_new_residents(residents, in_any_order):
    told = [
        (STRANGER, "欧阳娜", ALONE), (STRANGER, "欧阳娜", {"case_no": "stay:1"}), ("", "欧阳娜", {"case_no": "stay:1"}),
        (WIFE, "林素芳", ALONE), (mistyped(WIFE), "林素芳", ALONE), ("", "周荣生", {"born_on": "1968-12-03", **ALONE}),
        (ADULT, "周荣生", ALONE), ("", "周荣生", {"born_on": "1968-12-04", "case_no": "aid:5"}),
        (mistyped(STRANGER, 17), "欧阳娜", {"case_no": "aid:9"}), ("", "欧阳娜", {"born_on": "1949-12-31", **ALONE}),
    ]  # fmt: skip

    def partition():
        clusters = {}
        for line, (resident, method) in residents().items():
            clusters.setdefault((resident, line if resident is None else 0), set()).add((line, method))
        return frozenset(frozenset(cluster) for cluster in clusters.values())

    assert len(in_any_order(told, partition, seeds=4, straight=(0,))) == 1
