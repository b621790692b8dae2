"""Linkage and verification take the same names under a number for the holder's, on a whole town."""

import psycopg
import pytest

pytestmark = pytest.mark.builds

# Every name that stands under a readable number somewhere, and whether linkage settled its lines by the number.
ASKED = """
with

asked as (
    select
        identities.id_number, mentions.name, bool_or(links.method = 'id_number') as is_settled,
        row_number() over (order by identities.id_number, mentions.name) as member_no
    from ops.person_link as links
    inner join intermediate.int_person_mentions as mentions using (delivery_id, line_number, role)
    inner join ops.resident_identity as identities on links.number_resident_id = identities.resident_id
    where mentions.name is not null and identities.id_number is not null
    group by identities.id_number, mentions.name
),

answered as (
    select answer.member_no, answer.identity, answer.reason
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
    count(*) filter (where reason = 'former_name'),
    count(*) filter (where is_settled <> (identity = 'found'))
from asked
inner join answered using (member_no)
"""


def test_verification_and_linkage_give_one_answer(published_town: str) -> None:
    with psycopg.connect(published_town) as connection:
        row = connection.execute(ASKED).fetchone()
    assert row is not None
    settled, contradicted, former, apart = row
    assert settled > 500
    assert contradicted > 5
    assert former > 0
    assert apart == 0
