-- B01: the same month of dibao is paid for one person in two districts. A transfer, one
-- ending in the month before the other begins, shares no month.
with

source_freshness as (select * from {{ ref('source_freshness') }}),

months as (
    select * from {{ ref('int_exclusive_benefit_months') }}
    where rule_code = 'B01'
),

judged_months as (
    select
        *,
        is_on_both_sides as is_hit,
        coalesce(
            {{ why_not_assessable('resident_id', ['payment', 'entitlement', 'aid_household']) }},
            case when has_namesake then 'unresolved_namesake' end
        ) as reason
    from months
),

{{ month_findings(
    facts={
        'side': 'min(side)',
        'other_side': 'max(other_side)',
        'case_no': 'min(case_no)',
        'other_case_no': 'max(other_case_no)',
    },
    unknown='case_no'
) }}
