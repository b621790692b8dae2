-- B06: tekun excludes both disability subsidies (CJ, HL) in the same month.
with

source_freshness as (select * from {{ ref('source_freshness') }}),

months as (
    select * from {{ ref('int_exclusive_benefit_months') }}
    where rule_code = 'B06'
),

{{ exclusive_benefit_findings() }}
