-- E01: old-age allowance (GL) is paid for a month before the month of the 80th birthday.
with

source_freshness_by_division as (select * from {{ ref('source_freshness_by_division') }}),

rule_parameter as (select * from {{ ref('rule_parameter') }}),

residents as (select * from {{ ref('resident') }}),

paid_months as (
    select * from {{ ref('benefit_month_person') }}
    where benefit_code = 'GL'
),

{{ months_and_age(rule_parameter('e01', 'age_years', 'divisions.division_code')) }},

judged_months as not materialized (
    select
        *,
        coalesce(benefit_month < reached_month, false) as is_hit
    from months_and_age
),

{{ month_findings(facts={'entitled_month': written_day('max(reached_month)', 'YYYY-MM')}) }}
