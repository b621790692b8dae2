"""Hand-made mentions, as staging would give them."""

import random
from itertools import count

import pytest

from linkage.linking import link

MENTION = {
    "name": None, "sex_code": None, "born_on": None, "case_no": "aid:1", "group_no": None, "phone": None,
    "account_no": None, "address": None, "feed": "payment", "delivery_id": "d1", "delivery_order": 1,
    "line_number": None, "role": "payee", "number": "",
}  # fmt: skip


@pytest.fixture
def mention(connection):
    """Adds a person mention. Returns its line number."""
    connection.execute(
        """
        create table staging.stg_deliveries (delivery_id text primary key);
        create table intermediate.int_person_mentions (
            feed text, delivery_id text, delivery_order bigint, line_number integer, role text,
            id_number text, id_number_note text, surviving_digits text, unread_number text, name text,
            sex_code text, born_on date, case_no text, group_no text, phone text, account_no text,
            address text
        );
        """
    )
    lines = count(1)

    def add(number="", name=None, **said):
        given = {**MENTION, "number": number, "name": name, **said}
        given["line_number"] = given["line_number"] or next(lines)
        connection.execute(
            "insert into staging.stg_deliveries values (%(delivery_id)s) on conflict do nothing", given
        )
        connection.execute(
            """
            insert into intermediate.int_person_mentions
            values (%(feed)s, %(delivery_id)s, %(delivery_order)s, %(line_number)s, %(role)s,
                clean.id_number(%(number)s), clean.id_number_note(%(number)s),
                clean.surviving_digits(%(number)s),
                case when clean.id_number(%(number)s) is null then
                    nullif(upper(clean.compact(%(number)s)), '') end,
                %(name)s, %(sex_code)s, %(born_on)s, %(case_no)s, %(group_no)s, %(phone)s, %(account_no)s,
                %(address)s)
            """,
            given,
        )
        return given["line_number"]

    return add


@pytest.fixture
def links(connection):
    """Line number to (identity number, method), on request."""

    def look():
        return {
            line: (number, method)
            for line, number, method in connection.execute(
                """
                select line_number, id_number, method
                from ops.person_link left join ops.resident_identity using (resident_id)
                """
            ).fetchall()
        }

    return look


@pytest.fixture
def in_any_order(connection, mention):
    """Links what is said, told in one order a seed and two lines a delivery; what it came to, in a set.

    said: number, name and more of each line. look: what is compared. straight: seeds for which all is linked at
    once.
    """

    def outcomes(said, look, seeds, straight=()):
        found = set()
        for seed in range(seeds):
            connection.execute(
                "truncate ops.person_link, ops.resident_identity, ops.absorbed_delivery, ops.identity_review, "
                "ops.identity_decision, ops.identity_event restart identity cascade; "
                "truncate intermediate.int_person_mentions, staging.stg_deliveries"
            )
            order = list(enumerate(said, start=1))
            random.Random(seed).shuffle(order)
            for arrival, (line, (number, name, more)) in enumerate(order, start=1):
                day = {"delivery_id": f"d{arrival // 3}", "delivery_order": arrival // 3, "line_number": line}
                mention(number, name, **{**more, **day})
                if arrival % 3 == 2 and seed not in straight:
                    link(connection)
            link(connection)
            found.add(look())
        return found

    return outcomes
