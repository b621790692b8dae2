-- Marriages of residents, seen from each of them, with the member whom the partner is. The marriage register
-- learns of no death: where deaths are closed, the marriage stands in it.
create or replace function verification.spells(
    asked verification.asked_member[], resident_ids bigint[], at_generation integer, tells_deaths boolean
) returns table (
    resident_id bigint, partner_id bigint, registered_on date, ended_on date, ended_by text, partner_member_no integer
)
language sql stable as $$
select
    spell.resident_id,
    spell.partner_id,
    spell.registered_on,
    case when spell.ended_by is distinct from 'death' or $4 then spell.ended_on end,
    spell.ended_by,
    (
        select min(people.member_no)
        from unnest($1) as people
        where
            people.number_resident_id = spell.partner_id
            -- declared, but under a number that leads to nobody
            or (people.number_resident_id is null and people.name = clean.person_name(spell.partner_name))
    )
from (
    select
        husband_resident_id as resident_id,
        wife_resident_id as partner_id,
        wife_name as partner_name,
        registered_on,
        ended_on,
        ended_by
    from pub.marriage_spell_at($3)
    where husband_resident_id = any($2)
    union all
    select
        wife_resident_id,
        husband_resident_id,
        husband_name,
        registered_on,
        ended_on,
        ended_by
    from pub.marriage_spell_at($3)
    where wife_resident_id = any($2)
) as spell
$$;
