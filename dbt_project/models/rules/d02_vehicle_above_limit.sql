-- D02: an active dibao member owns a car in normal state above the value limit. Mobility
-- vehicles (C21) and scrapped cars are no hit; a car of unknown value cannot be judged.
with

source_freshness_by_division as (select * from {{ ref('source_freshness_by_division') }}),

rule_parameter as (select * from {{ ref('rule_parameter') }}),

members as (
    select * from {{ ref('int_active_aid_members') }}
    where aid_type_code = 'DB' and is_covered
),

vehicles as (
    select *
    from {{ ref('property_item') }}
    where property_kind = 'vehicle' and is_in_force and detail is distinct from 'C21'
),

-- Of a car that several senders name the largest value counts.
owned as (
    select
        members.aid_household_no,
        vehicles.*,
        max(vehicles.value_yuan) over (
            partition by members.aid_household_no, vehicles.resident_id, vehicles.item_no
        ) as known_yuan,
        {{ rule_parameter('d02', 'vehicle_value_limit_yuan', 'members.division_code') }} as limit_yuan
    from members
    inner join vehicles using (resident_id)
),

found as (
    select
        aid_household_no,
        resident_id,
        count(distinct case when known_yuan is not null then item_no end) as above_count,
        count(distinct case when known_yuan is null then item_no end) as unvalued_count,
        max(known_yuan) as value_yuan,
        max(limit_yuan) as limit_yuan,
        min(case when known_yuan is not null then acquired_on end) as acquired_on,
        {{ json_collect(source_line(none, 'feed'), 'item_no, delivery_id, line_number') }} as sources
    from owned
    where known_yuan > limit_yuan or known_yuan is null
    group by aid_household_no, resident_id
),

-- A car whose owner cannot be resolved may be that of a member of the same name.
namesakes as (
    select
        owner_name as name,
        max(coalesce(value_yuan, 1000000000000)) as value_yuan
    from vehicles
    where resident_id is null
    group by owner_name
),

judged as (
    select
        members.*,
        found.above_count,
        found.value_yuan,
        found.limit_yuan,
        found.acquired_on,
        found.sources,
        coalesce(found.above_count > 0, false) as is_hit,
        coalesce(
            {{ why_not_assessable('members.resident_id', ['aid_household', 'vehicle'], 'members.division_code') }},
            case
                when found.unvalued_count > 0 then 'value_unknown'
                when
                    namesakes.value_yuan
                    > {{ rule_parameter('d02', 'vehicle_value_limit_yuan', 'members.division_code') }}
                    then 'unresolved_namesake'
            end
        ) as reason
    from members
    left join found using (aid_household_no, resident_id)
    left join namesakes using (name)
)

{{ subject_findings(
    facts={
        'vehicle_count': 'above_count',
        'value_yuan': 'value_yuan',
        'limit_yuan': 'limit_yuan',
    },
    sources=[source_line(none, "'aid_household'"), 'sources'],
    first_on='greatest(approved_on, acquired_on)'
) }}
