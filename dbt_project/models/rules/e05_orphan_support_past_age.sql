-- E05: support as an orphan (GE) or de facto unsupported child (SW) is paid for a month after
-- the month of the 18th birthday.
with

source_freshness as (select * from {{ ref('source_freshness') }}),

rule_parameter as (select * from {{ ref('rule_parameter') }}),

residents as (select * from {{ ref('resident') }}),

paid_months as (
    select * from {{ ref('benefit_month_person') }}
    where benefit_code in ('GE', 'SW')
),

-- Once per division, not per payment: the planner would put it back.
limits as materialized (
    select
        coalesce(divisions.division_code, '') as division_key,
        {{ rule_parameter('e05', 'age_years', 'divisions.division_code') }}::int * interval '1 year' as age
    from (select distinct division_code from paid_months) as divisions
),

of_age as (
    select
        paid_months.*,
        residents.born_on,
        {{ source_line('residents', 'residents.feed') }} as resident_source,
        {{ month_start('(residents.born_on + limits.age)') }} as reached_month
    from paid_months
    inner join limits on coalesce(paid_months.division_code, '') = limits.division_key
    left join residents using (resident_id)
),

judged_months as (
    select
        resident_id,
        null::text as aid_household_no,
        case_no,
        division_code,
        benefit_month,
        paid_share_yuan as amount_yuan,
        reached_month,
        {{ json_list(['sources', 'resident_source']) }} as sources,
        coalesce(benefit_month > reached_month, false) as is_hit,
        coalesce(
            {{ why_not_assessable('resident_id', ['payment']) }},
            case when born_on is null then 'birth_date_unknown' end
        ) as reason
    from of_age
),

{{ month_findings(facts={'of_age_month': "to_char(max(reached_month), 'YYYY-MM')"}) }}
