-- D02: an active dibao member owns a car in normal state above the value limit. Mobility
-- vehicles (C21) and scrapped cars are no hit; a car of unknown value cannot be judged.
with

members as (
    {{ active_dibao_members() }}
),

vehicles as (
    select
        *,
        coalesce(value_yuan > {{ rule_parameter('d02', 'vehicle_value_limit_yuan') }}, false) as is_above
    from {{ ref('property_item') }}
    where property_kind = 'vehicle' and is_in_force and detail is distinct from 'C21'
),

found as (
    select
        members.aid_household_no,
        members.resident_id,
        sum(vehicles.is_above::int) as above_count,
        sum(case when vehicles.value_yuan is null then 1 else 0 end) as unvalued_count,
        max(vehicles.value_yuan) as value_yuan,
        min(case when vehicles.is_above then vehicles.acquired_on end) as acquired_on,
        {{ json_collect(source_line('vehicles', 'vehicles.feed'), 'vehicles.item_no') }} as sources
    from members
    inner join vehicles using (resident_id)
    where vehicles.is_above or vehicles.value_yuan is null
    group by members.aid_household_no, members.resident_id
),

judged as (
    select
        members.*,
        found.above_count,
        found.value_yuan,
        found.acquired_on,
        found.sources,
        coalesce(
            {{ why_not_assessable('members.resident_id', ['aid_household', 'vehicle']) }},
            case when found.unvalued_count > 0 then 'value_unknown' end
        ) as reason
    from members
    left join found using (aid_household_no, resident_id)
)

select
    resident_id as subject_resident_id,
    aid_household_no,
    division_code,
    case when above_count > 0 then greatest(approved_on, acquired_on) end as first_on,
    null::date as last_on,
    {{ outcome('above_count > 0', 'reason') }} as outcome,
    null::numeric(14, 2) as amount_yuan,
    case
        when above_count > 0 then {{ evidence({
            'vehicle_count': 'above_count',
            'value_yuan': 'value_yuan',
            'limit_yuan': rule_parameter('d02', 'vehicle_value_limit_yuan'),
        }, [source_line(none, "'aid_household'"), 'sources']) }}
        when reason is not null then {{ evidence({
            'reason': 'reason',
            'member_no': 'case when resident_id is null then member_no end',
        }, [source_line(none, "'aid_household'"), 'sources']) }}
    end as evidence
from judged
