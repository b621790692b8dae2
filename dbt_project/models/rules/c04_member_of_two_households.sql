-- C04: one person is a covered member of two active aid households. A member who is declared but
-- not covered is no hit (单人保: one member of a family is aided alone), nor is the time in which
-- the former household is still being closed.
with

source_freshness as (select * from {{ ref('source_freshness') }}),

rule_parameter as (select * from {{ ref('rule_parameter') }}),

members as (
    select * from {{ ref('int_active_aid_members') }}
    where is_covered
),

numbered as (
    select
        *,
        row_number() over (
            partition by resident_id order by approved_on nulls first, aid_household_no
        ) as household_number,
        row_number() over (
            partition by resident_id order by approved_on desc nulls last, aid_household_no desc
        ) as latest_number
    from members
),

people as (
    select
        resident_id,
        case when resident_id is null then member_no end as member_no,
        max(case when resident_id is null or latest_number = 1 then aid_household_no end) as aid_household_no,
        max(case when household_number = 1 then aid_household_no end) as other_case_no,
        max(case when latest_number = 1 then division_code end) as division_code,
        max(case when household_number = 2 then approved_on end) as doubled_on,
        count(*) as household_count,
        {{ distinct_texts('aid_type_code') }} as aid_types,
        {{ json_collect(source_line(none, "'aid_household'"), 'aid_household_no') }} as sources
    from numbered
    group by
        resident_id,
        case when resident_id is null then aid_household_no end,
        case when resident_id is null then member_no end
),

-- A member of another household who cannot be resolved may be the same person.
namesakes as (
    select distinct known.resident_id
    from members as known
    inner join members as unknown using (name)
    where
        known.resident_id is not null
        and unknown.resident_id is null
        and known.aid_household_no <> unknown.aid_household_no
),

judged as (
    select
        people.*,
        people.resident_id is not null
        and people.household_count > 1
        and coalesce(
            {{ business_date() }} - people.doubled_on
            > {{ rule_parameter('c04', 'grace_days', 'people.division_code') }},
            true
        ) as is_hit,
        coalesce(
            {{ why_not_assessable('people.resident_id', ['aid_household']) }},
            case when namesakes.resident_id is not null then 'unresolved_namesake' end
        ) as reason
    from people
    left join namesakes using (resident_id)
)

{{ subject_findings(
    facts={
        'household_count': 'household_count',
        'aid_types': 'aid_types',
        'other_case_no': 'other_case_no',
    },
    sources=['sources'],
    first_on='doubled_on',
    unknown={'member_no': 'member_no'}
) }}
