-- B02: the same month of dibao and of tekun is paid for one person. A conversion shares no month.
with

source_freshness as (select * from {{ ref('source_freshness') }}),

months as (
    select * from {{ ref('int_exclusive_benefit_months') }}
    where rule_code = 'B02'
),

{{ exclusive_benefit_findings() }}
