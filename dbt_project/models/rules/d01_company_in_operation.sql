-- D01: an active dibao member is legal representative or shareholder of a company in
-- operation. Cancelled and revoked companies, directors and supervisors are no hit.
with

source_freshness_by_division as (select * from {{ ref('source_freshness_by_division') }}),

members as (
    select * from {{ ref('int_active_aid_members') }}
    where aid_type_code = 'DB' and is_covered
),

roles as (
    select *
    from {{ ref('property_item') }}
    where property_kind = 'company_role' and is_in_force and detail in ('法定代表人', '股东')
),

found as (
    select
        members.aid_household_no,
        members.resident_id,
        min(roles.acquired_on) as acquired_on,
        count(distinct roles.item_no) as company_count,
        {{ json_collect(source_line('roles', 'roles.feed'), 'roles.item_no, roles.detail') }} as sources
    from members
    inner join roles using (resident_id)
    group by members.aid_household_no, members.resident_id
),

-- A company whose officer cannot be resolved may be that of a member of the same name.
namesakes as (
    select distinct owner_name as name
    from roles
    where resident_id is null
),

judged as (
    select
        members.*,
        found.acquired_on,
        found.company_count,
        found.sources,
        found.resident_id is not null as is_hit,
        coalesce(
            {{ why_not_assessable('members.resident_id', ['aid_household', 'company'], 'members.division_code') }},
            case when namesakes.name is not null then 'unresolved_namesake' end
        ) as reason
    from members
    left join found using (aid_household_no, resident_id)
    left join namesakes using (name)
)

{{ subject_findings(
    facts={
        'company_count': 'company_count',
        'established_on': 'acquired_on',
    },
    sources=[source_line(none, "'aid_household'"), 'sources'],
    first_on='greatest(approved_on, acquired_on)'
) }}
