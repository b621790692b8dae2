-- B03: the same month of care subsidy for the disabled (HL) and of eldercare subsidy (YL) is
-- paid: of two care subsidies only the higher stands (择高). A switch shares no month.
with

source_freshness as (select * from {{ ref('source_freshness') }}),

months as (
    select * from {{ ref('int_exclusive_benefit_months') }}
    where rule_code = 'B03'
),

{{ exclusive_benefit_findings() }}
