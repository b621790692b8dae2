"""Traces that need no weighing: the same name in the same case, with the digits a spreadsheet left, or in
the household book of whoever holds the number."""

import psycopg

from linkage.candidates import LARGEST_GROUP

# Strong evidence, but no valid number on the line itself: probabilistic, not exact.
TRACE_SCORE = 0.999

# Linked only where exactly one resident agrees. All open mentions are looked at again: a later delivery
# may name what was missing, or a second candidate, and the order of deliveries must not matter.
TRACES = f"""
create temporary table trace on commit drop as
with

numbered as (
    select mentions.case_no, mentions.name, left(identities.id_number, 15) as first_digits, links.resident_id
    from intermediate.int_person_mentions as mentions
    inner join ops.person_link as links using (delivery_id, line_number, role)
    inner join ops.resident_identity as identities using (resident_id)
    where links.method = 'id_number' and mentions.name in (select name from open_mention)
),

-- Household books of those whose number stands with a name that is not theirs.
book as (
    select group_no, resident_id, name, count(*) over (partition by group_no) as size
    from (
        select distinct mentions.group_no, links.resident_id, mentions.name
        from intermediate.int_person_mentions as mentions
        inner join ops.person_link as links using (delivery_id, line_number, role)
        where
            links.method = 'id_number' and mentions.feed = 'population' and mentions.group_no in (
                select theirs.group_no
                from ops.person_link as holders
                inner join intermediate.int_person_mentions as theirs using (delivery_id, line_number, role)
                where
                    holders.number_resident_id in (select number_resident_id from name_conflict)
                    and theirs.feed = 'population'
            )
    ) as entries
),

-- A child under the father's number. What the line says of age and sex is the child's.
relative as (
    select open_mention.mention_id, relatives.resident_id
    from open_mention
    inner join name_conflict using (delivery_id, line_number, role)
    inner join book as holders on open_mention.number_resident_id = holders.resident_id
    inner join book as relatives on holders.group_no = relatives.group_no and open_mention.name = relatives.name
    inner join ops.resident_identity as identities on relatives.resident_id = identities.resident_id
    where
        holders.resident_id <> relatives.resident_id
        and holders.size <= {LARGEST_GROUP}
        and coalesce(open_mention.born_on = clean.born_on(identities.id_number), true)
        and coalesce(open_mention.sex_code = clean.sex_code(identities.id_number), true)
),

candidates as (
    select
        open_mention.mention_id, numbered.resident_id, '同一业务中同名者的身份号码有效' as reason
    from open_mention
    inner join numbered using (case_no, name)
    where open_mention.number_resident_id is null

    union

    select
        open_mention.mention_id, numbered.resident_id, '同名，且表格软件保留的前15位号码一致' as reason
    from open_mention
    inner join numbered
        on open_mention.surviving_digits = numbered.first_digits and open_mention.name = numbered.name
    where open_mention.number_resident_id is null

    union

    select mention_id, resident_id, '号码是同一户口簿家人的，姓名、年龄和性别是本人的'
    from relative
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
group by mention_id
having count(distinct resident_id) = 1
"""


def link_traces(connection: psycopg.Connection) -> None:
    """Leaves the temporary table ``trace``: mention, resident and reasons."""
    connection.execute(TRACES)
    connection.execute("analyze trace")
