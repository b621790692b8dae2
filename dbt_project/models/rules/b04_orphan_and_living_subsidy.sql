-- B04: support as an orphan (GE) or de facto unsupported child (SW) excludes the living
-- subsidy for the disabled (CJ) in the same month. The care subsidy (HL) is allowed.
with

source_freshness as (select * from {{ ref('source_freshness') }}),

months as (
    select * from {{ ref('int_exclusive_benefit_months') }}
    where rule_code = 'B04'
),

{{ exclusive_benefit_findings() }}
