-- Members of aid households over time: those of the last version, and those an earlier version
-- named and the last one does not.
with

households as (select * from {{ ref('aid_household') }}),

members as (
    select
        members.*,
        links.resident_id
    from {{ ref('stg_assistance__aid_household_member') }} as members
    left join {{ ref('person_mention') }} as links
        on members.delivery_id = links.delivery_id
        and members.line_number = links.line_number
        and 'member' || members.member_no = links.role
),

first_versions as (
    select aid_household_no, min(delivery_order) as first_order
    from members
    group by aid_household_no
),

present as (
    select members.*
    from members
    inner join households using (aid_household_no, delivery_id, line_number)
),

-- The first line that names somebody, by name or, where the name was corrected, by resident.
first_by_name as (
    select aid_household_no, name, min(delivery_order) as first_order, min(delivery_date) as first_date
    from members
    group by aid_household_no, name
),

first_by_resident as (
    select aid_household_no, resident_id, min(delivery_order) as first_order, min(delivery_date) as first_date
    from members
    where resident_id is not null
    group by aid_household_no, resident_id
),

-- Named before, and nobody in the last version is the same person, by resident or by name.
departed as (
    {{ distinct_on(
        ['members.aid_household_no', 'members.name'],
        'members.*',
        'members
        inner join households using (aid_household_no)
        where not exists (
            select 1 from present
            where present.aid_household_no = members.aid_household_no
                and (present.resident_id = members.resident_id or present.name = members.name)
        )',
        ['members.delivery_order desc', 'members.delivery_id desc', 'members.line_number desc']
    ) }}
),

departures as (
    select
        departed.aid_household_no,
        departed.name,
        min(later.delivery_date) as left_on
    from departed
    inner join {{ ref('stg_assistance__aid_household') }} as later
        on departed.aid_household_no = later.aid_household_no
        and departed.delivery_order < later.delivery_order
    group by departed.aid_household_no, departed.name
),

listed as (
    select present.*, null::date as left_on from present
    union all
    select departed.*, departures.left_on
    from departed
    inner join departures using (aid_household_no, name)
)

select
    listed.aid_household_no,
    listed.member_no,
    listed.resident_id,
    listed.name,
    listed.id_number_note,
    listed.relation,
    listed.is_covered,
    listed.declared_income_yuan,
    case
        when least(first_by_name.first_order, first_by_resident.first_order) > first_versions.first_order
            then least(first_by_name.first_date, first_by_resident.first_date)
        else coalesce(households.approved_on, households.applied_on)
    end as valid_from,
    -- A stop announced for a later day has not ended anything yet.
    least(
        listed.left_on,
        case when households.stopped_on <= {{ business_date() }} then households.stopped_on end
    ) as valid_to,
    listed.delivery_id,
    listed.line_number
from listed
inner join households using (aid_household_no)
inner join first_versions using (aid_household_no)
left join first_by_name
    on listed.aid_household_no = first_by_name.aid_household_no
    and listed.name is not distinct from first_by_name.name
left join first_by_resident
    on listed.aid_household_no = first_by_resident.aid_household_no
    and listed.resident_id = first_by_resident.resident_id
