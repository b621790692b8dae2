"""Deterministic linkage: by valid identity number, then by name and a trace of the number.

Set-based SQL over ``intermediate.int_person_mentions`` (one row per person named in a line).
What neither step decides stays ``unresolved``: said so, never guessed.
"""

from dataclasses import dataclass

import psycopg

# Strong evidence, but no valid number on the line itself: probabilistic, not exact.
TRACE_SCORE = "0.99900"

# A 15-digit number says no century. The law gives 19; where only the number of the next
# century is known from somebody's full number, that person is meant.
FRESH_MENTIONS = """
create temporary table fresh_mention on commit drop as
with

fresh as (
    select mentions.*, mentions.id_number_note like '%upgraded_15%' as is_upgraded
    from intermediate.int_person_mentions as mentions
    inner join staging.stg_deliveries as deliveries using (delivery_id)
    where not exists (
        select 1 from ops.absorbed_delivery as absorbed
        where absorbed.model = 'person_link' and absorbed.delivery_id = mentions.delivery_id
    )
),

upgraded as (
    select distinct id_number, clean.next_century(id_number) as later_number
    from fresh
    where is_upgraded and id_number is not null
),

known as (
    select id_number from fresh where not is_upgraded
    union
    select id_number from ops.resident_identity
),

meant as (
    select upgraded.id_number, upgraded.later_number
    from upgraded
    where
        upgraded.later_number in (select id_number from known)
        and upgraded.id_number not in (select id_number from known where id_number is not null)
)

select
    fresh.feed,
    fresh.delivery_id,
    fresh.delivery_order,
    fresh.line_number,
    fresh.role,
    case when fresh.is_upgraded then coalesce(meant.later_number, fresh.id_number) else fresh.id_number end
        as id_number
from fresh
left join meant using (id_number)
"""

# Numbers get their resident id in the order in which they were first named, so that replaying
# the same deliveries in the same order gives the same ids.
NEW_IDENTITIES = """
insert into ops.resident_identity (id_number, first_delivery_id, first_line_number)
select first.id_number, first.delivery_id, first.line_number
from (
    select distinct on (id_number) id_number, delivery_order, delivery_id, line_number, role
    from fresh_mention
    where id_number is not null
    order by id_number, delivery_order, delivery_id, line_number, role
) as first
where not exists (
    select 1 from ops.resident_identity as known where known.id_number = first.id_number
)
order by first.delivery_order, first.delivery_id, first.line_number, first.role
"""

LINK_BY_NUMBER = """
insert into ops.person_link (feed, delivery_id, line_number, role, resident_id, method)
select
    fresh.feed,
    fresh.delivery_id,
    fresh.line_number,
    fresh.role,
    identities.resident_id,
    case when identities.resident_id is null then 'unresolved' else 'id_number' end
from fresh_mention as fresh
left join ops.resident_identity as identities using (id_number)
on conflict (delivery_id, line_number, role) do nothing
"""

# Linked only where exactly one resident agrees in name and in the trace: a line of the same case
# (household, entitlement, stay ...) with a valid number, or the first 15 digits that a spreadsheet
# left of the number. All mentions without a valid number are looked at again: a later delivery
# may name what was missing, or a second candidate, and the order of deliveries must not matter.
LINK_BY_TRACE = """
with

traces as (
    select
        mentions.case_no,
        mentions.name,
        mentions.surviving_digits,
        links.delivery_id,
        links.line_number,
        links.role
    from ops.person_link as links
    inner join intermediate.int_person_mentions as mentions using (delivery_id, line_number, role)
    where links.method in ('unresolved', 'probabilistic') and mentions.name is not null
),

numbered as (
    select mentions.case_no, mentions.name, left(identities.id_number, 15) as first_digits, links.resident_id
    from intermediate.int_person_mentions as mentions
    inner join ops.person_link as links using (delivery_id, line_number, role)
    inner join ops.resident_identity as identities using (resident_id)
    where links.method = 'id_number' and mentions.name in (select name from traces)
),

candidates as (
    select traces.delivery_id, traces.line_number, traces.role, numbered.resident_id
    from traces
    inner join numbered using (case_no, name)

    union

    select traces.delivery_id, traces.line_number, traces.role, numbered.resident_id
    from traces
    inner join numbered
        on traces.surviving_digits = numbered.first_digits
        and traces.name = numbered.name
),

judged as (
    select
        delivery_id,
        line_number,
        role,
        case when count(distinct resident_id) = 1 then min(resident_id) end as resident_id
    from traces
    left join candidates using (delivery_id, line_number, role)
    group by delivery_id, line_number, role
)

update ops.person_link as links
set
    resident_id = judged.resident_id,
    method = case when judged.resident_id is null then 'unresolved' else 'probabilistic' end,
    match_score = case when judged.resident_id is not null then {score} end
from judged
where
    links.delivery_id = judged.delivery_id
    and links.line_number = judged.line_number
    and links.role = judged.role
    and links.resident_id is distinct from judged.resident_id
"""

NOTE_ABSORBED = """
insert into ops.absorbed_delivery (model, delivery_id)
select 'person_link', delivery_id from staging.stg_deliveries
on conflict do nothing
"""


@dataclass(frozen=True)
class Linkage:
    """What one run of the linkage did, in mentions and residents."""

    mentions: int
    new_residents: int
    linked_by_trace: int
    unresolved: int


def link(connection: psycopg.Connection) -> Linkage:
    """Link the mentions of deliveries not linked before, in one transaction.

    Needs ``intermediate.int_person_mentions`` built. A second run without new deliveries
    changes no row. Resident ids are never reused or renumbered.
    """
    with connection.transaction():
        connection.execute("select pg_advisory_xact_lock(hashtext('minzheng.link'))")
        mentions = connection.execute(FRESH_MENTIONS).rowcount
        connection.execute("analyze fresh_mention")
        new_residents = connection.execute(NEW_IDENTITIES).rowcount
        connection.execute(LINK_BY_NUMBER)
        connection.execute("analyze ops.person_link")
        linked_by_trace = connection.execute(LINK_BY_TRACE.format(score=TRACE_SCORE)).rowcount
        connection.execute(NOTE_ABSORBED)
    row = connection.execute("select count(*) from ops.person_link where method = 'unresolved'").fetchone()
    connection.commit()
    return Linkage(mentions, new_residents, linked_by_trace, row[0] if row else 0)
