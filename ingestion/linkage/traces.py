"""Traces that need no weighing: the same name in the same case, or with the digits a spreadsheet left."""

import psycopg

# Strong evidence, but no valid number on the line itself: probabilistic, not exact.
TRACE_SCORE = 0.999

# Linked only where exactly one resident agrees. All open mentions are looked at again: a later delivery
# may name what was missing, or a second candidate, and the order of deliveries must not matter.
TRACES = """
create temporary table trace on commit drop as
with

numbered as (
    select mentions.case_no, mentions.name, left(identities.id_number, 15) as first_digits, links.resident_id
    from intermediate.int_person_mentions as mentions
    inner join ops.person_link as links using (delivery_id, line_number, role)
    inner join ops.resident_identity as identities using (resident_id)
    where links.method = 'id_number' and mentions.name in (select name from open_mention)
),

candidates as (
    select
        open_mention.mention_id, numbered.resident_id, '同一业务中同名者的身份号码有效' as reason
    from open_mention
    inner join numbered using (case_no, name)

    union

    select
        open_mention.mention_id, numbered.resident_id, '同名，且表格软件保留的前15位号码一致' as reason
    from open_mention
    inner join numbered
        on open_mention.surviving_digits = numbered.first_digits and open_mention.name = numbered.name
),

allowed as (
    select candidates.*
    from candidates
    left join cannot_link using (mention_id, resident_id)
    where cannot_link.mention_id is null
)

select
    mention_id,
    min(resident_id) as resident_id,
    array_agg(distinct reason) as reasons
from allowed
inner join open_mention using (mention_id)
where open_mention.number_resident_id is null
group by mention_id
having count(distinct resident_id) = 1
"""


def link_traces(connection: psycopg.Connection) -> None:
    """Leaves the temporary table ``trace``: mention, resident and reasons."""
    connection.execute(TRACES)
    connection.execute("analyze trace")
