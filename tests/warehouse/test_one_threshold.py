"""A county's own threshold, and one of the future: rule, anomalies suite, marts and verification go by the same."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg.types.json import Jsonb
from templates import NewDatabase
from town import BUILD_NO, Town

from expectations.anomalies import gate_anomalies
from warehouse.database.connection import Warehouse
from warehouse.pipeline import build
from warehouse.publishing.publish import current_generation, publish

pytestmark = pytest.mark.builds

OWN, NATIONAL, LATER = 20_000, 50_000, 1

LAY_DOWN = """
insert into rules.rule_parameter (rule_code, parameter, division_code, value, unit, valid_from, valid_to, source, note)
select 'D02', 'vehicle_value_limit_yuan', told.division_code, told.value, 'yuan', told.valid_from, null, 'test', 'test'
from (
    values (%(county)s, %(own)s, '2000-01-01'::date), (%(county)s, %(later)s, '2099-01-01'),
        ('000000', %(later)s, '2099-01-01')
) as told (division_code, value, valid_from)
"""

# Members of active dibao households with a car above the limit, stated over the marts with the numbers themselves.
ABOVE = """
select distinct member.resident_id, household.division_code = %(county)s
from marts.aid_household as household
inner join marts.aid_household_member as member
    on household.aid_household_no = member.aid_household_no and member.valid_to is null
    and member.is_covered is not false
inner join marts.property_item as item
    on member.resident_id = item.resident_id and item.property_kind = 'vehicle' and item.is_in_force
    and item.detail is distinct from 'C21'
where
    household.is_active and household.aid_type_code = 'DB'
    and item.value_yuan > case when household.division_code = %(county)s then %(own)s else %(national)s end
"""

# Cars that one limit forbids and the other does not, of people of whom the rule says nothing: what verification
# flags is then of the request.
BETWEEN = """
select resident.name, resident.id_number, bool_or(item.value_yuan > %(own)s)
from marts.property_item as item
inner join marts.resident as resident using (resident_id)
where
    item.property_kind = 'vehicle' and item.is_in_force and item.detail is distinct from 'C21'
    and resident.id_number is not null
    and resident.resident_id not in (select subject_resident_id from rules.finding where rule_code = 'D02')
group by resident.resident_id, resident.name, resident.id_number
having max(item.value_yuan) <= %(national)s and count(item.value_yuan) = count(*)
"""


@pytest.fixture
def county(town: Town, new_database: NewDatabase) -> Iterator[tuple[psycopg.Connection, Warehouse, str]]:
    """The town built with the thresholds: a connection, its database, and the county with its own."""
    database = new_database(town.after("link"))
    with database.connect() as connection:
        row = connection.execute(
            "select division_code from staging.stg_aid_household where division_code is not null"
            " group by division_code order by count(*) desc, division_code limit 1"
        ).fetchone()
        assert row is not None
        connection.execute(LAY_DOWN, {"county": row[0], "own": OWN, "later": LATER})
    build.derive(database, BUILD_NO)
    with database.connect() as connection:
        yield connection, database, row[0]


def test_the_county_has_its_own_the_others_the_nations_and_the_future_touches_nobody(
    county: tuple[psycopg.Connection, Warehouse, str],
) -> None:
    connection, database, own_county = county
    asked = {"county": own_county, "own": OWN, "national": NATIONAL}

    above = connection.execute(ABOVE, asked).fetchall()
    assert {is_own for _, is_own in above} >= {True}
    hits = connection.execute(
        "select subject_resident_id, division_code = %(county)s, (evidence -> 'facts' ->> 'limit_yuan')::numeric"
        " from rules.finding where rule_code = 'D02' and outcome = 'hit'",
        asked,
    ).fetchall()
    assert sorted((resident, is_own) for resident, is_own, _ in hits) == sorted(above)
    assert all(limit == (OWN if is_own else NATIONAL) for _, is_own, limit in hits)

    (counted,) = [
        result for result in gate_anomalies(database.engine(), 1).results if result.rule_code == "D02"
    ]
    assert counted.unexpected_count == len({resident for resident, _ in above})

    limits = connection.execute(
        "select distinct division_code = %(county)s, (test ->> 'limit')::numeric from marts.household_means"
        " cross join jsonb_array_elements(property_tests) as test"
        " where test ->> 'test' = 'vehicle' and division_code is not null",
        asked,
    ).fetchall()
    assert set(limits) == {(True, OWN), (False, NATIONAL)}

    day = connection.execute("select max(business_date) from staging.stg_deliveries").fetchone()
    assert day is not None
    publish(connection, day[0], "digest")
    generation = current_generation(connection)
    owners = connection.execute(BETWEEN, asked).fetchall()
    assert {is_above for _, _, is_above in owners} == {True, False}
    for name, id_number, is_above in owners:
        for division, is_flagged in ((own_county, is_above), ("420299", False)):
            request = Jsonb(
                {
                    "division_code": division,
                    "aid_type": "DB",
                    "members": [{"name": name, "id_number": id_number, "relation": "本人"}],
                }
            )
            answer = connection.execute(
                "select verification.content(%(request)s, verification.identify(%(request)s, %(generation)s),"
                " %(generation)s, verification.today(), null)",
                {"request": request, "generation": generation},
            ).fetchone()
            assert answer is not None
            flags = {flag["rule_code"] for flag in answer[0]["flags"] if flag["basis"] == "request"}
            assert ("D02" in flags) is is_flagged, division
