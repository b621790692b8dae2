-- One row per resident: what is in force now. The basis of all lookups, not served itself.
create or replace view pub.current_resident_situation as
select
    resident.resident_id,
    resident.id_number,
    resident.masked_id_number,
    resident.division_code,
    resident.is_registered,
    resident.died_on,
    -- A missing record of death proves nothing for somebody who is not in the register.
    case when resident.died_on is not null then false when resident.is_registered then true end as is_alive,
    case when resident.died_on is null then coalesce(marriage.marital_status, 'no_record') end as marital_status,
    benefit.benefits,
    stay.stay,
    disability.disability
from pub.current_resident as resident
cross join lateral (
    select
        case
            when bool_or(spell.ended_on is null) then 'married'
            when (array_agg(spell.ended_by order by spell.ended_on desc))[1] = 'divorce' then 'divorced'
            when (array_agg(spell.ended_by order by spell.ended_on desc))[1] = 'death' then 'widowed'
        end as marital_status
    from pub.current_marriage_spell as spell
    where
        (spell.husband_resident_id = resident.resident_id or spell.wife_resident_id = resident.resident_id)
        -- a revoked registration never was a marriage
        and spell.ended_by is distinct from 'revoked'
) as marriage
cross join lateral (
    select
        coalesce(
            jsonb_agg(
                jsonb_build_object(
                    'benefit_code', in_force.benefit_code,
                    'case_no', in_force.case_no,
                    'division_code', in_force.division_code,
                    'started_on', in_force.started_on
                )
                order by in_force.benefit_code, in_force.case_no
            ),
            '[]'
        ) as benefits
    from (
        select benefit_code, entitlement_no as case_no, division_code, started_on
        from pub.current_entitlement as entitlement
        where resident_id = resident.resident_id and is_active
        union all
        select household.aid_type_code, household.aid_household_no, household.division_code, household.approved_on
        from pub.current_aid_household_member as member
        inner join pub.current_aid_household as household using (aid_household_no)
        where
            member.resident_id = resident.resident_id
            and member.is_covered
            and member.valid_to is null
            and household.is_active
    ) as in_force
) as benefit
left join lateral (
    select
        jsonb_build_object(
            'stay_no', open_stay.stay_no,
            'institution_code', open_stay.institution_code,
            'entered_on', open_stay.entered_on,
            'ability_level', open_stay.ability_level,
            'fee_source', open_stay.fee_source
        ) as stay
    from pub.current_eldercare_stay as open_stay
    where open_stay.resident_id = resident.resident_id and open_stay.left_on is null
    order by open_stay.entered_on desc
    limit 1
) as stay on true
left join lateral (
    select
        jsonb_build_object(
            'disability_category', card.disability_category,
            'disability_level', card.disability_level,
            'valid_until', card.valid_until
        ) as disability
    from pub.current_disability_card as card
    where card.resident_id = resident.resident_id and card.is_valid
    order by card.disability_level
    limit 1
) as disability on true;
comment on view pub.current_resident_situation is '居民现状（读者所见的世代）：生存、婚姻、在享待遇、入住、残疾';
