"""Deterministic linkage on hand-made mentions."""

import pytest

from ingestion.linkage import link


def check(body: str) -> str:
    """The number with its check character, so that the tests need no magic."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 11]


ADULT, OTHER, CHILD = check("42020319420319229"), check("11010519491231002"), check("42020320110728483")


@pytest.fixture
def mention(connection):
    """Adds a person mention, as staging would. Returns its line number."""
    connection.execute(
        """
        create table staging.stg_deliveries (delivery_id text primary key);
        create table intermediate.int_person_mentions (
            feed text, delivery_id text, delivery_order bigint, line_number integer, role text,
            id_number text, id_number_note text, surviving_digits text, name text, case_no text
        );
        """
    )
    counter = iter(range(1, 1000))

    def add(number, name, case_no="aid:1", delivery="d1", order=1, feed="payment", role="payee"):
        line = next(counter)
        connection.execute(
            "insert into staging.stg_deliveries values (%s) on conflict do nothing", [delivery]
        )
        connection.execute(
            """
            insert into intermediate.int_person_mentions
            values (%(feed)s, %(delivery)s, %(order)s, %(line)s, %(role)s, clean.id_number(%(number)s),
                clean.id_number_note(%(number)s), clean.surviving_digits(%(number)s), %(name)s, %(case)s)
            """,
            {"feed": feed, "delivery": delivery, "order": order, "line": line, "role": role, "number": number,
             "name": name, "case": case_no},
        )  # fmt: skip
        return line

    return add


def links(connection):
    """Line number to (identity number, method)."""
    return {
        line: (number, method)
        for line, number, method in connection.execute(
            """
            select line_number, id_number, method
            from ops.person_link left join ops.resident_identity using (resident_id)
            """
        ).fetchall()
    }


def test_a_valid_number_is_a_resident_and_keeps_its_id(connection, mention):
    first = mention(ADULT, "周荣生")
    assert link(connection).new_residents == 1
    second = mention(f" {ADULT[:6]} {ADULT[6:]}", "周荣生", delivery="d2", order=2)
    result = link(connection)
    assert (result.mentions, result.new_residents) == (1, 0)
    assert links(connection) == {first: (ADULT, "id_number"), second: (ADULT, "id_number")}


def test_without_a_valid_number_and_without_a_trace_nobody_is_guessed(connection, mention):
    mention(ADULT, "周荣生", case_no="aid:1")
    unknown = mention("", "周荣生", case_no="aid:2")
    assert link(connection).unresolved == 1
    assert links(connection)[unknown] == (None, "unresolved")


def test_the_same_case_and_name_is_a_trace(connection, mention):
    mention(ADULT, "周荣生")
    wrong = mention(ADULT[:-1] + ("1" if ADULT[-1] != "1" else "2"), "周荣生")
    stranger = mention("", "周荣华")
    link(connection)
    assert links(connection)[wrong] == (ADULT, "probabilistic")
    assert links(connection)[stranger] == (None, "unresolved")


def test_two_people_of_one_name_in_a_case_are_not_decided(connection, mention):
    mention(ADULT, "周荣生")
    mention(OTHER, "周荣生")
    unknown = mention("", "周荣生")
    link(connection)
    assert links(connection)[unknown] == (None, "unresolved")


def test_a_second_candidate_that_comes_later_takes_the_link_back(connection, mention):
    """So that the order of deliveries does not matter."""
    mention(ADULT, "周荣生")
    unknown = mention("", "周荣生")
    link(connection)
    assert links(connection)[unknown] == (ADULT, "probabilistic")
    mention(OTHER, "周荣生", delivery="d2", order=2)
    link(connection)
    assert links(connection)[unknown] == (None, "unresolved")


def test_the_digits_a_spreadsheet_left_need_the_name_too(connection, mention):
    mention(ADULT, "周荣生", case_no="aid:1")
    damaged = f"{ADULT[0]}.{ADULT[1:15]}e+17"
    same = mention(damaged, "周荣生", case_no="cremation:1")
    other = mention(damaged, "周荣华", case_no="cremation:2")
    link(connection)
    assert links(connection)[same] == (ADULT, "probabilistic")
    assert links(connection)[other] == (None, "unresolved")


def test_fifteen_digits_mean_the_last_century(connection, mention):
    short = mention(ADULT[:6] + ADULT[8:17], "周荣生")
    link(connection)
    assert links(connection)[short] == (ADULT, "id_number")


def test_fifteen_digits_of_a_child_known_by_its_full_number(connection, mention):
    mention(CHILD, "孟天泽", case_no="register:1")
    short = mention(CHILD[:6] + CHILD[8:17], "孟天泽", case_no="aid:9")
    link(connection)
    assert links(connection)[short] == (CHILD, "id_number")


def test_ids_follow_the_order_in_which_people_were_first_named(connection, mention):
    mention(OTHER, "甲", order=2, delivery="d2")
    mention(ADULT, "乙", order=1)
    link(connection)
    numbers = connection.execute(
        "select id_number from ops.resident_identity order by resident_id"
    ).fetchall()
    assert [number for (number,) in numbers] == [ADULT, OTHER]
