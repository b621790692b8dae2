"""A generation keeps its answer about any day; late data changes the answer of the next one only."""

from datetime import date
from pathlib import Path

import pytest
from golden_town import DAY, PEOPLE, id_number, married
from small_inbox import SmallInbox

from warehouse.database.connection import Warehouse
from warehouse.pipeline.runs import run

pytestmark = pytest.mark.builds

DIVORCED_ON = "2025-06-10"


@pytest.fixture(scope="module")
def twice_published(town_template, templates, new_database) -> Warehouse:
    """A database into which a divorce of 10 June was delivered on 1 July, in a second run."""

    def divorce(inbox: Path) -> None:
        SmallInbox(inbox).add(
            "marriage_event",
            [
                married(2, 21, 22, DIVORCED_ON)
                | {"event_no": "HY900001", "event_type": "离婚登记", "certificate_no": "L900001",
                   "original_certificate_no": "J000002", "updated_at": "2025-07-01 01:00:00"}
            ],
            day=date(2025, 7, 1),
            mode="delta",
        )  # fmt: skip

    def publish(database: Warehouse) -> None:
        assert run(database, templates.folder("divorce", divorce)).publication.generation == 2

    return new_database(templates.made_once("divorced", publish, town_template))


def test_late_data_changes_the_view_of_the_past_but_no_answer_given(twice_published):
    def relations(connection, generation: int, day: date) -> dict[str, str]:
        rows = connection.execute(
            "select name, relation from analytics.household_as_of(%s, %s)"
            " inner join pub.resident using (resident_id) where to_generation is null"
            " and household_kind = 'legal' and id_number = any(%s)",
            [generation, day, [id_number(person) for person in (21, 22, 23)]],
        ).fetchall()
        return dict(rows)

    husband, wife, child = (PEOPLE[person][0] for person in (21, 22, 23))
    married_then = {husband: "spouse", wife: "spouse", child: "minor_child"}
    divorced_then = {husband: "self", wife: "self", child: "minor_child"}
    with twice_published.connect() as connection:
        assert relations(connection, 1, DAY) == married_then  # the answer given stays
        assert relations(connection, 2, DAY) == divorced_then  # known better now
        assert relations(connection, 2, date(2025, 6, 9)) == married_then
        assert relations(connection, 2, date.fromisoformat(DIVORCED_ON)) == divorced_then
        assert relations(connection, 3, DAY) == {}  # never published


def test_incomes_of_a_day_are_those_known_to_be_valid_then(twice_published):
    with twice_published.connect() as connection:
        wages = [
            connection.execute(
                "select verified_yuan from analytics.household_income_as_of(1, %s) where household_no = 'JZ0003'",
                [day],
            ).fetchone()[0]
            for day in (date(2025, 5, 20), date(2025, 6, 20), date(2025, 4, 20))
        ]
    assert wages == [2000, 1000, None]


def test_a_run_writes_the_mentions_that_came_and_no_other(twice_published):
    with twice_published.connect() as connection:
        written = connection.execute(
            "select count(*) from marts.person_mention group by xmin::text::bigint order by xmin::text::bigint"
        ).fetchall()
        former, late = (
            connection.execute(
                f"select count(*) from marts.person_mention where delivery_date {sign} '2025-06-30'"
            ).fetchone()
            for sign in ("<=", ">")
        )
    assert written == [former, late]
    assert late == (2,)  # husband and wife of the divorce
