"""Linkage and verification take the same names under a number for the holder's, on a whole town."""

import psycopg
import pytest

from warehouse.database.connection import Warehouse

pytestmark = pytest.mark.builds

# Asked under every number: the names it stands with in lines, and those of all others in the household book.
# Settled: as linkage would settle a line of that name, by what it keeps of the holder and reads of the kin.
ASKED = """
with

lines as (
    select links.number_resident_id as resident_id, mentions.name, mentions.feed, mentions.group_no
    from ops.person_link as links
    inner join intermediate.int_person_mentions as mentions using (delivery_id, line_number, role)
    where mentions.name is not null
),

books as (select distinct resident_id, group_no from lines where feed = 'population' and group_no is not null),

kin as (
    select books.resident_id, array_agg(distinct others.name) as names
    from books
    inner join lines as others
        on books.group_no = others.group_no and others.feed = 'population'
        and others.resident_id is distinct from books.resident_id
    where books.resident_id is not null
    group by books.resident_id
),

holder as (select resident_id, array_agg(name) as names from ops.holder_name group by resident_id),

pairs as (
    select resident_id, name from lines where resident_id is not null
    union
    select kin.resident_id, told.name from kin cross join unnest(kin.names) as told (name)
),

asked as (
    select
        identities.id_number, pairs.name,
        not clean.name_contradicts(pairs.name, coalesce(holder.names, '{}'), coalesce(kin.names, '{}')) as is_settled,
        row_number() over (order by identities.id_number, pairs.name) as member_no
    from pairs
    inner join ops.resident_identity as identities using (resident_id)
    left join holder using (resident_id)
    left join kin using (resident_id)
    where identities.id_number is not null
),

answered as (
    select answer.member_no, answer.identity
    from unnest(verification.identify(
        jsonb_build_object('members', (
            select jsonb_agg(
                jsonb_build_object('name', name, 'id_number', id_number, 'relation', '本人') order by member_no
            )
            from asked
        )),
        (select generation from pub.current_generation)
    )) as answer
)

select
    count(*) filter (where is_settled), count(*) filter (where not is_settled),
    count(*) filter (where is_settled <> (identity = 'found'))
from asked
inner join answered using (member_no)
"""


def test_verification_and_linkage_give_one_answer(published_town: Warehouse) -> None:
    with psycopg.connect(published_town.address) as connection:
        row = connection.execute(ASKED).fetchone()
    assert row is not None
    settled, contradicted, apart = row
    assert settled > 500
    assert contradicted > 100
    assert apart == 0
