-- D03: the members of an active dibao household own more than one dwelling unit. A unit held
-- in common is one unit; garages and other rooms are no dwelling.
with

source_freshness_by_division as (select * from {{ ref('source_freshness_by_division') }}),

rule_parameter as (select * from {{ ref('rule_parameter') }}),

members as (
    select * from {{ ref('int_active_aid_members') }}
    where aid_type_code = 'DB'
),

dwellings as (
    select * from {{ ref('property_item') }}
    where property_kind = 'dwelling' and is_in_force
),

units as (
    select
        members.aid_household_no,
        dwellings.item_no,
        {{ rule_parameter('d03', 'max_dwellings', 'members.division_code') }} as max_dwellings,
        min(dwellings.acquired_on) as acquired_on,
        {{ json_collect(source_line('dwellings', 'dwellings.feed'), 'members.member_no, dwellings.line_number') }}
            as sources
    from members
    inner join dwellings using (resident_id)
    group by members.aid_household_no, members.division_code, dwellings.item_no
),

numbered_units as (
    select
        *,
        row_number() over (
            partition by aid_household_no order by acquired_on nulls first, item_no
        ) as unit_number
    from units
),

owners as (
    select
        aid_household_no,
        count(*) as dwelling_count,
        max(max_dwellings) as max_dwellings,
        min(case when unit_number > max_dwellings then acquired_on end) as exceeded_on,
        {{ json_collect('sources', 'unit_number') }} as sources
    from numbered_units
    group by aid_household_no
),

households as (
    select
        aid_household_no,
        max(division_code) as division_code,
        max(approved_on) as approved_on,
        max(delivery_id) as delivery_id,
        max(line_number) as line_number,
        sum(case when resident_id is null then 1 else 0 end) as unresolved_count
    from members
    group by aid_household_no
),

-- A dwelling whose owner cannot be resolved may be that of a member of the same name: another one, unless
-- the household owns that unit already.
possible_units as (
    select distinct
        members.aid_household_no,
        dwellings.item_no
    from members
    inner join dwellings on members.name = dwellings.owner_name
    left join units
        on members.aid_household_no = units.aid_household_no and dwellings.item_no = units.item_no
    where dwellings.resident_id is null and units.item_no is null
),

namesakes as (
    select households.aid_household_no
    from households
    inner join possible_units using (aid_household_no)
    left join owners using (aid_household_no)
    group by households.aid_household_no, households.division_code, owners.dwelling_count
    having
        count(*) + coalesce(owners.dwelling_count, 0)
        > {{ rule_parameter('d03', 'max_dwellings', 'households.division_code') }}
),

judged as (
    select
        households.*,
        null::bigint as resident_id,
        owners.dwelling_count,
        owners.max_dwellings,
        owners.exceeded_on,
        owners.sources,
        coalesce(owners.dwelling_count > owners.max_dwellings, false) as is_hit,
        coalesce(
            case when households.unresolved_count > 0 then 'identity_unresolved' end,
            {{ why_not_current(['aid_household', 'real_estate'], 'households.division_code') }},
            case when namesakes.aid_household_no is not null then 'unresolved_namesake' end
        ) as reason
    from households
    left join owners using (aid_household_no)
    left join namesakes using (aid_household_no)
)

{{ subject_findings(
    facts={'dwelling_count': 'dwelling_count', 'limit': 'max_dwellings'},
    sources=[source_line(none, "'aid_household'"), 'sources'],
    first_on='greatest(approved_on, exceeded_on)',
    unknown={'unresolved_member_count': 'unresolved_count'}
) }}
