-- B02: the same month of dibao and of tekun is paid for one person. A conversion shares no month.
with

source_freshness as (select * from {{ ref('source_freshness') }}),

months as (
    select * from {{ ref('int_exclusive_benefit_months') }}
    where rule_code = 'B02'
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
