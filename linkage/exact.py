"""Linkage by valid identity number, and the guard against numbers that name somebody else.

Set-based SQL over ``intermediate.int_person_mentions`` (one row per person named in a line).
"""

import psycopg

FRESH_LINES = """
create temporary table fresh_line on commit drop as
select
    mentions.feed,
    mentions.delivery_id,
    mentions.delivery_order,
    mentions.line_number,
    mentions.role,
    mentions.id_number,
    mentions.id_number_note like '%upgraded_15%' as is_upgraded,
    links.delivery_id is not null as was_linked
from intermediate.int_person_mentions as mentions
inner join staging.stg_deliveries as deliveries using (delivery_id)
left join ops.person_link as links using (delivery_id, line_number, role)
where
    not exists (
        select 1 from ops.absorbed_delivery as absorbed
        where absorbed.model = 'person_link' and absorbed.delivery_id = mentions.delivery_id
    )
    -- Linked before, and now with a number that can be read.
    and (links.delivery_id is null or (links.number_resident_id is null and mentions.id_number is not null))
"""

# A 15-digit number says no century. The law gives 19; where only the number of the next
# century is known from somebody's full number, that person is meant.
# Whoever was known by 15 digits alone and is now named in full keeps the id.
RENUMBERED = """
create temporary table full_number on commit drop as
select distinct id_number, left(id_number, 6) || substr(id_number, 9, 9) as short_form
from fresh_line
where id_number is not null and length(id_number) = 18 and not is_upgraded;
analyze full_number;

with renumbered as (
    update ops.resident_identity as identities
    set id_number = later.id_number
    from full_number as later
    where
        later.id_number like '______20%'
        and identities.id_number like '______19%'
        and left(identities.id_number, 6) || substr(identities.id_number, 9, 9) = later.short_form
        and not exists (select 1 from full_number where full_number.id_number = identities.id_number)
        and not exists (
            select 1 from ops.resident_identity as known where known.id_number = later.id_number
        )
        and not exists (
            select 1
            from ops.person_link as links
            inner join intermediate.int_person_mentions as mentions using (delivery_id, line_number, role)
            where
                links.number_resident_id = identities.resident_id
                and mentions.id_number_note not like '%upgraded_15%'
        )
    returning identities.resident_id
)

insert into ops.identity_event (
    kind, delivery_id, line_number, role, before_resident_id, after_resident_id, method
)
select 'renumbered', links.delivery_id, links.line_number, links.role, resident_id, resident_id, 'id_number'
from renumbered
inner join ops.person_link as links using (resident_id)
where links.method = 'id_number'
order by links.delivery_id, links.line_number, links.role
"""

FRESH_MENTIONS = """
create temporary table fresh_mention on commit drop as
with

upgraded as (
    select distinct id_number, clean.next_century(id_number) as later_number
    from fresh_line
    where is_upgraded and id_number is not null
),

known as (
    select id_number from full_number
    union
    select id_number from ops.resident_identity
),

meant as (
    select upgraded.id_number, upgraded.later_number
    from upgraded
    inner join known as later on upgraded.later_number = later.id_number
    where not exists (select 1 from known where known.id_number = upgraded.id_number)
)

select
    fresh.feed,
    fresh.delivery_id,
    fresh.delivery_order,
    fresh.line_number,
    fresh.role,
    fresh.was_linked,
    case when fresh.is_upgraded then coalesce(meant.later_number, fresh.id_number) else fresh.id_number end
        as id_number
from fresh_line as fresh
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

# Short numbers were taken for a child's while no elder was known: an elder now named in full takes them.
MOVE_SHORT = """
create temporary table moved_number on commit drop as
select links.delivery_id, links.line_number, links.role,
    children.resident_id as child_resident_id, elders.resident_id as elder_resident_id
from full_number
inner join ops.resident_identity as elders using (id_number)
inner join ops.resident_identity as children
    on children.id_number like '______20%'
    and left(children.id_number, 6) || substr(children.id_number, 9, 9) = full_number.short_form
inner join ops.person_link as links on children.resident_id = links.number_resident_id
inner join intermediate.int_person_mentions as mentions using (delivery_id, line_number, role)
where full_number.id_number like '______19%' and mentions.id_number_note like '%upgraded_15%';

update ops.person_link as links
set
    number_resident_id = elder_resident_id,
    resident_id = case when method = 'id_number' then elder_resident_id else resident_id end
from moved_number
where
    links.delivery_id = moved_number.delivery_id
    and links.line_number = moved_number.line_number
    and links.role = moved_number.role;
"""

# A number names a resident; whether the mention is that resident is for the guard and the review.
LINK_BY_NUMBER = """
insert into ops.person_link (
    feed, delivery_id, line_number, role, number_resident_id, resident_id, method, reasons
)
select
    fresh.feed,
    fresh.delivery_id,
    fresh.line_number,
    fresh.role,
    identities.resident_id,
    identities.resident_id,
    case when identities.resident_id is null then 'unresolved' else 'id_number' end,
    case when identities.resident_id is null then '{}' else array['身份号码有效且一致'] end
from fresh_mention as fresh
left join ops.resident_identity as identities using (id_number)
on conflict (delivery_id, line_number, role) do update set number_resident_id = excluded.number_resident_id
"""

# Looked at again for every number that fresh lines name, whose household book has fresh lines, or that
# is in doubt: whose a number is must not depend on the order of arrival.
TOUCHED_NUMBERS = """
create temporary table touched_number on commit drop as
select links.number_resident_id
from fresh_mention
inner join ops.person_link as links using (delivery_id, line_number, role)
where links.number_resident_id is not null

union

select links.number_resident_id
from (
    select distinct mentions.group_no
    from fresh_mention
    inner join intermediate.int_person_mentions as mentions using (delivery_id, line_number, role)
    where mentions.feed = 'population' and mentions.group_no is not null
) as book
inner join intermediate.int_person_mentions as mentions using (group_no)
inner join ops.person_link as links using (delivery_id, line_number, role)
where links.number_resident_id is not null

union

select unnest(array[child_resident_id, elder_resident_id]) from moved_number

union

select number_resident_id
from ops.person_link
where method <> 'id_number' and number_resident_id is not null;
analyze touched_number;
"""

# Who holds a number (``ops.holder_name``, which verification asks too). The register's own names are the holder's,
# also one changed by law, where birth date and sex are the number's. Whom it does not name is known by the name of
# the most cases, then lines; where two people's names come to as many, by none.
HOLDER_NAMES = """
create temporary table written_name on commit drop as
select
    links.number_resident_id,
    mentions.name,
    count(distinct mentions.case_no) as case_count,
    count(*) as line_count,
    bool_or(
        mentions.feed = 'population'
        and coalesce(mentions.born_on = clean.born_on(identities.id_number), true)
        and coalesce(mentions.sex_code = clean.sex_code(identities.id_number), true)
    ) as is_in_register
from touched_number
inner join ops.resident_identity as identities on touched_number.number_resident_id = identities.resident_id
inner join ops.person_link as links using (number_resident_id)
inner join intermediate.int_person_mentions as mentions using (delivery_id, line_number, role)
where mentions.name is not null
group by links.number_resident_id, mentions.name;
analyze written_name;

delete from ops.holder_name using touched_number
where holder_name.resident_id = touched_number.number_resident_id;

insert into ops.holder_name (resident_id, name)
with

foremost as (
    select number_resident_id, name, is_in_register
    from (
        select
            *,
            rank() over (
                partition by number_resident_id
                order by is_in_register desc, case when not is_in_register then row(case_count, line_count) end desc
            ) as place
        from written_name
    ) as ranked
    where place = 1
),

disputed as (
    select distinct one.number_resident_id
    from foremost as one
    inner join foremost as other using (number_resident_id)
    where one.name < other.name and not one.is_in_register and not clean.is_one_name(one.name, other.name)
)

select foremost.number_resident_id, foremost.name
from foremost
left join disputed using (number_resident_id)
where disputed.number_resident_id is null;
analyze ops.holder_name;

-- One name alone contradicts nothing.
delete from written_name
where number_resident_id in (
    select number_resident_id from written_name group by number_resident_id having count(*) = 1
);
analyze written_name;
"""

KIN_NAMES = """
create temporary table kin on commit drop as
select own.number_resident_id, array_agg(distinct mentions.name) as names
from (
    select distinct links.number_resident_id, mentions.group_no
    from ops.person_link as links
    inner join intermediate.int_person_mentions as mentions using (delivery_id, line_number, role)
    where
        links.number_resident_id in (select number_resident_id from written_name)
        and mentions.feed = 'population'
) as own
inner join intermediate.int_person_mentions as mentions using (group_no)
inner join ops.person_link as others using (delivery_id, line_number, role)
where mentions.feed = 'population' and others.number_resident_id is distinct from own.number_resident_id
group by own.number_resident_id;
"""

GUARD = """
create temporary table name_conflict on commit drop as
select links.delivery_id, links.line_number, links.role, links.number_resident_id
from (
    select number_resident_id, written_name.name
    from written_name
    left join (
        select resident_id as number_resident_id, array_agg(name) as names from ops.holder_name group by resident_id
    ) as holder using (number_resident_id)
    left join kin using (number_resident_id)
    where clean.name_contradicts(written_name.name, coalesce(holder.names, '{}'), coalesce(kin.names, '{}'))
) as foreign_name
inner join ops.person_link as links using (number_resident_id)
inner join intermediate.int_person_mentions as mentions using (delivery_id, line_number, role, name)
"""


def link_numbers(connection: psycopg.Connection) -> tuple[int, int]:
    """Link fresh mentions by their number. Returns fresh mentions and new residents.

    Leaves the temporary tables ``fresh_mention``, ``moved_number`` (short numbers that turned out to
    be another person's) and ``name_conflict``: the mentions, old and new, whose number belongs to
    somebody with another name.
    """
    # Tables filled a moment ago have no statistics yet, and a plan made blind takes minutes.
    mentions = connection.execute(FRESH_LINES).rowcount
    connection.execute("analyze fresh_line")
    connection.execute(RENUMBERED)
    connection.execute(FRESH_MENTIONS)
    connection.execute("analyze fresh_mention")
    new_residents = connection.execute(NEW_IDENTITIES).rowcount
    connection.execute("analyze ops.resident_identity")
    connection.execute(MOVE_SHORT)
    connection.execute(LINK_BY_NUMBER)
    connection.execute("analyze ops.person_link")
    for statements in (TOUCHED_NUMBERS, HOLDER_NAMES, KIN_NAMES, GUARD):
        connection.execute(statements)
    connection.execute("analyze name_conflict")
    return mentions, new_residents
