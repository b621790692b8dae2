{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    on_schema_change='fail',
    meta={'touched_by': 'int_touched_cases', 'touched_on': {'aid_household_no': 'case_no'}},
    indexes=[
        {'columns': ['aid_household_no']},
        published_key(['aid_household_no', 'delivery_id', 'line_number', 'member_no'])
    ]
) }}

-- Members of aid households over time: those of the last version, and those an earlier version
-- named and the last one does not.
with

households as (select * from {{ ref('aid_household') }}),

-- Versions in the order in which they speak, however late they came.
versions as (
    select
        aid_household_no,
        delivery_id,
        line_number,
        delivery_date,
        coalesce(approved_on, applied_on) as began_on,
        row_number() over (
            partition by aid_household_no
            order by {{ versions_last() | join(', ') }}
        ) as version_no
    from {{ ref('stg_aid_household') }} as lines
    {{ only_touched(ref('int_touched_cases'), 'lines', {'aid_household_no': 'case_no'}) }}
),

-- A review is written over the day of approval: aid began with the first that any version tells.
beginnings as (
    select aid_household_no, min(began_on) as began_on
    from versions
    group by aid_household_no
),

members as (
    select
        members.*,
        versions.version_no,
        links.resident_id
    from {{ ref('stg_aid_household_member') }} as members
    inner join versions
        on members.aid_household_no = versions.aid_household_no
        and members.delivery_id = versions.delivery_id
        and members.line_number = versions.line_number
    left join {{ ref('person_mention') }} as links
        on {{ is_named_in('links', 'members', 'member', 'member_no') }}
    where members.is_absent is not true
),

present as (
    select members.*
    from members
    inner join households
        on members.aid_household_no = households.aid_household_no
        and members.delivery_id = households.delivery_id
        and members.line_number = households.line_number
),

standing as (
    select aid_household_no, max(version_no) as version_no
    from present
    group by aid_household_no
),

-- The first version that names somebody, by name or, where the name was corrected, by resident.
first_by_name as (
    {{ distinct_on(['aid_household_no', 'name'], 'aid_household_no, name, version_no, delivery_date', 'members',
        ['version_no']) }}
),

resolved_members as (
    select * from members
    where resident_id is not null
),

first_by_resident as (
    {{ distinct_on(['aid_household_no', 'resident_id'], 'aid_household_no, resident_id, version_no, delivery_date',
        'resolved_members', ['version_no']) }}
),

-- Named before, and nobody in the standing version is the same person, by resident or by name.
no_longer_named as (
    select members.*
    from members
    inner join standing
        on members.aid_household_no = standing.aid_household_no
        and members.version_no < standing.version_no
    where not exists (
        select 1 from present
        where present.aid_household_no = members.aid_household_no
            and (present.resident_id = members.resident_id or present.name = members.name)
    )
),

departed as (
    {{ distinct_on(
        ['aid_household_no', 'name'], '*', 'no_longer_named', ['version_no desc', 'member_no']
    ) | indent(4) }}
),

listed as (
    select present.*, null::date as left_on from present
    union all
    -- The next version no longer names them.
    select departed.*, versions.delivery_date as left_on
    from departed
    left join versions
        on departed.aid_household_no = versions.aid_household_no
        and departed.version_no + 1 = versions.version_no
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
        when least(first_by_name.version_no, first_by_resident.version_no) > 1
            then least(first_by_name.delivery_date, first_by_resident.delivery_date)
        else beginnings.began_on
    end as valid_from,
    -- A stop announced for a later day has not ended anything yet.
    least(
        listed.left_on,
        case when households.aided_until <= {{ business_date() }} then households.aided_until end
    ) as valid_to,
    listed.delivery_id,
    listed.line_number
from listed
inner join households using (aid_household_no)
inner join beginnings using (aid_household_no)
left join first_by_name
    on listed.aid_household_no = first_by_name.aid_household_no
    and listed.name is not distinct from first_by_name.name
left join first_by_resident
    on listed.aid_household_no = first_by_resident.aid_household_no
    and listed.resident_id = first_by_resident.resident_id
