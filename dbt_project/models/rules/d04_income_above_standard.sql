-- D04: the verified income of the declared members (contribution base of those in work,
-- pensions, what other offices tell) per head is above the standard in force, and has been for longer than the
-- phase-out period. A household in the time of grace granted to it is no hit. Income of unresolved members is
-- unknown: what is known may still exceed.
with

source_freshness_by_division as (select * from {{ ref('source_freshness_by_division') }}),

rule_parameter as (select * from {{ ref('rule_parameter') }}),

members as (
    select * from {{ ref('int_active_aid_members') }}
    where aid_type_code = 'DB'
),

income_items as (
    select * from {{ ref('income_item') }}
    where income_month <= {{ business_date() }}
),

standards as (
    select *
    from {{ ref('int_standards_by_division') }}
    where {{ is_in_force() }}
),

households as (
    select
        members.aid_household_no,
        max(members.division_code) as division_code,
        max(members.approved_on) as approved_on,
        max(members.grace_until) as grace_until,
        max(members.delivery_id) as delivery_id,
        max(members.line_number) as line_number,
        count(*) as member_count,
        sum(case when members.resident_id is null then 1 else 0 end) as unresolved_count,
        max(standards.amount_yuan) as standard_yuan,
        max(standards.valid_from) as standard_from
    from members
    left join standards
        on
            members.division_code = standards.division_code
            and standards.standard_code = 'DB_' || upper(members.urban_rural)
    group by members.aid_household_no
),

{% set counted_yuan -%}
income_items.amount_yuan * case
            when income_items.income_kind = 'pension' then {{ rule_parameter(
                'd04', 'pension_counted_share', 'households.division_code'
            ) }}
            else 1
        end
{%- endset -%}

household_months as (
    select
        households.aid_household_no,
        income_items.income_month,
        sum({{ counted_yuan }}) / max(households.member_count) as per_capita_yuan,
        -- A wage whose amount is not told is no wage of nothing.
        bool_or(income_items.amount_yuan is null) as has_unknown_amount,
        max(households.standard_yuan) as standard_yuan,
        {{ json_collect(
            source_line('income_items', 'income_items.feed'), 'members.member_no, income_items.line_number'
        ) }} as sources
    from households
    inner join members using (aid_household_no)
    inner join income_items using (resident_id)
    group by households.aid_household_no, households.division_code, income_items.income_month
),

months_above as (
    select
        *,
        {{ month_island(['aid_household_no'], 'income_month') }} as island
    from household_months
    where per_capita_yuan > standard_yuan
),

runs_above as (
    select
        months_above.aid_household_no,
        max(months_above.income_month) as income_month
    from months_above
    inner join households using (aid_household_no)
    group by months_above.aid_household_no, months_above.island, households.division_code
    having count(*) > {{ rule_parameter('d04', 'phase_out_months', 'households.division_code') }}
),

latest_month as ({{ latest_income_month('income_items') }}),

-- The run that reaches the latest month known, if there is one.
above as (
    select runs_above.*
    from runs_above
    inner join latest_month using (income_month)
),

-- An income whose person cannot be resolved may be that of a member of the same name, and may lift
-- the household above the standard. Two members of one name cannot both have drawn it.
namesakes as (
    select households.aid_household_no
    from households
    inner join (select distinct aid_household_no, name from members) as names using (aid_household_no)
    inner join income_items using (name)
    inner join latest_month using (income_month)
    left join household_months using (aid_household_no, income_month)
    where income_items.resident_id is null
    group by households.aid_household_no, households.division_code, household_months.per_capita_yuan
    having
        coalesce(household_months.per_capita_yuan, 0)
        + sum({{ counted_yuan }}) / max(households.member_count) > max(households.standard_yuan)
),

judged as (
    select
        households.*,
        null::bigint as resident_id,
        above.income_month,
        household_months.per_capita_yuan,
        household_months.sources,
        above.aid_household_no is not null
        and coalesce(households.grace_until < {{ month_start('above.income_month') }}, true) as is_hit,
        coalesce(
            case when households.unresolved_count > 0 then 'identity_unresolved' end,
            {{ why_not_current(
                ['aid_household', 'social_insurance'], 'households.division_code', where_bound=['income_record']
            ) }},
            case
                when households.standard_yuan is null then 'standard_unknown'
                when latest.has_unknown_amount then 'income_unknown'
                when namesakes.aid_household_no is not null then 'unresolved_namesake'
            end
        ) as reason
    from households
    left join namesakes using (aid_household_no)
    left join above using (aid_household_no)
    left join household_months using (aid_household_no, income_month)
    left join (
        select household_months.aid_household_no, household_months.has_unknown_amount
        from household_months
        inner join latest_month using (income_month)
    ) as latest using (aid_household_no)
)

{{ subject_findings(
    facts={
        'income_month': 'income_month',
        'income_per_capita_yuan': 'round(per_capita_yuan, 2)',
        'standard_yuan': 'standard_yuan',
        'member_count': 'member_count',
    },
    sources=[source_line(none, "'aid_household'"), 'sources'],
    first_on='greatest(approved_on, standard_from)',
    unknown={'unresolved_member_count': 'unresolved_count'}
) }}
