"""What the simulator writes as doubtful is what linkage leaves to people: else the demo has no case to show."""

from datetime import date

import psycopg

from lab.simulator.generate import build_world
from lab.simulator.parameters import Settings
from linkage.linking import link
from linkage.review import cases

DOUBTS = 4


def test_doubtful_applications_are_cases_for_people(connection: psycopg.Connection, mention) -> None:
    world = build_world(Settings(1000, 1, date(2025, 6, 25), days=2, doubts=DOUBTS))
    for person in world.people:
        if person.household is not None:
            mention(
                person.number, person.name, feed="population", role="person", delivery_id="register",
                group_no=person.household.number, born_on=person.born, sex_code=str(person.sex), case_no=None,
            )  # fmt: skip
    added = world.temporary_aid[-DOUBTS:]
    for place, aided in enumerate(added, 1):
        name, number = aided.as_typed or ("", "")
        mention(
            number, name, feed="temporary_aid", role="person", delivery_id="aid", case_no=f"aid:{place}",
            line_number=place,
        )  # fmt: skip
    link(connection)
    found = {case.mention: case.kind for case in cases(connection, 20)}
    assert found == {
        f"aid:{place}:person": "name_conflict" if place % 2 else "grey" for place in range(1, DOUBTS + 1)
    }
