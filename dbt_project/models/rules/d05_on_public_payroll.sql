-- D05: an active dibao member is paid from the public purse in the latest month known.
with

source_freshness_by_division as (select * from {{ ref('source_freshness_by_division') }}),

members as (
    select * from {{ ref('int_active_aid_members') }}
    where aid_type_code = 'DB' and is_covered
),

income_items as (
    select * from {{ ref('income_item') }}
    where feed = 'social_insurance' and income_month <= {{ business_date() }}
),

latest_month as ({{ latest_income_month('income_items') }}),

payroll as (
    select income_items.*
    from income_items
    inner join latest_month using (income_month)
    where income_items.is_public_payroll
),

found as (
    select
        members.aid_household_no,
        members.resident_id,
        max(payroll.income_month) as income_month,
        {{ json_collect(source_line('payroll', 'payroll.feed'), 'payroll.line_number') }} as sources
    from members
    inner join payroll using (resident_id)
    group by members.aid_household_no, members.resident_id
),

-- A payroll line whose person cannot be resolved may be that of a member of the same name.
namesakes as (
    select distinct name
    from payroll
    where resident_id is null
),

judged as (
    select
        members.*,
        found.income_month,
        found.sources,
        found.resident_id is not null as is_hit,
        coalesce(
            {{ why_not_assessable(
                'members.resident_id', ['aid_household', 'social_insurance'], 'members.division_code'
            ) }},
            case when namesakes.name is not null then 'unresolved_namesake' end
        ) as reason
    from members
    left join found using (aid_household_no, resident_id)
    left join namesakes using (name)
)

{{ subject_findings(
    facts={
        'income_month': 'income_month',
    },
    sources=[source_line(none, "'aid_household'"), 'sources'],
    first_on='approved_on'
) }}
