-- B01: the same month of dibao is paid for one person in two districts. A transfer, one
-- ending in the month before the other begins, shares no month.
with

source_freshness as (select * from {{ ref('source_freshness') }}),

months as (
    select * from {{ ref('int_exclusive_benefit_months') }}
    where rule_code = 'B01'
),

{{ exclusive_benefit_findings() }}
