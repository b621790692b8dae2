-- E06: one person is paid one benefit twice for the same month, net of returned payments: under
-- two cases, or by two payments of one case of which the smaller is no mere supplement. Dibao in
-- two districts is B01. Arrears stand in their own month; a payment sent again after its return
-- stands once.
with

closings as (select * from {{ ref('int_closings') }}),

source_freshness as (select * from {{ ref('source_freshness') }}),

rule_parameter as (select * from {{ ref('rule_parameter') }}),

paid_months as (
    select
        *,
        min(case_no) over person_month <> max(case_no) over person_month
        and not (
            benefit_code = 'DB'
            and coalesce(min(division_code) over person_month <> max(division_code) over person_month, false)
        ) as has_two_cases
    from {{ ref('benefit_month_person') }}
    window person_month as (partition by resident_id, benefit_code, benefit_month)
),

payments as (
    select
        records.*,
        months.payee_resident_id,
        months.recovered_yuan,
        row_number() over (
            partition by records.case_no, records.benefit_code, records.benefit_month
            order by records.amount_yuan desc, records.payment_no asc
        ) as payment_rank
    from {{ ref('int_payment_latest') }} as records
    inner join {{ ref('benefit_month') }} as months using (case_no, benefit_code, benefit_month)
    where
        {{ stands('records') }}
        and months.standing_count > 1
        and records.payment_status in ('成功', '补发')
        and coalesce(records.amount_yuan >= 0, true)
),

paid_again as (
    select
        case_no,
        benefit_code,
        benefit_month,
        max(payee_resident_id) as payee_resident_id,
        sum(case when payment_rank > 1 then amount_yuan end) - coalesce(max(recovered_yuan), 0) as excess_yuan
    from payments
    group by case_no, benefit_code, benefit_month
    having
        max(case when payment_rank = 2 then amount_yuan end)
        >= max(amount_yuan) * {{ rule_parameter('e06', 'min_share', 'max(payments.division_code)') }}
        -- not what was taken back
        and sum(amount_yuan) - coalesce(max(recovered_yuan), 0) > max(amount_yuan)
),

-- A household's second payment is one event: the payee stands for it, else the first of its people.
ranked as (
    select
        paid_months.*,
        paid_again.excess_yuan,
        months.recovered_yuan,
        paid_months.resident_id is not null and paid_months.has_two_cases as is_under_two_cases,
        paid_again.case_no is not null
        and paid_months.resident_id = coalesce(
            min(case when paid_months.resident_id = paid_again.payee_resident_id then paid_months.resident_id end)
                over case_month,
            min(paid_months.resident_id) over case_month
        ) as is_paid_again,
        row_number() over (
            partition by paid_months.resident_id, paid_months.benefit_code, paid_months.benefit_month
            order by paid_months.paid_share_yuan desc, paid_months.case_no asc
        ) as case_rank
    from paid_months
    left join paid_again using (case_no, benefit_code, benefit_month)
    left join {{ ref('benefit_month') }} as months using (case_no, benefit_code, benefit_month)
    window case_month as (partition by paid_months.case_no, paid_months.benefit_code, paid_months.benefit_month)
),

-- Whoever is paid under another case and cannot be resolved may be the same person.
unresolved as (
    select distinct
        name,
        benefit_code,
        benefit_month
    from paid_months
    where resident_id is null
),

judged_months as (
    select
        ranked.resident_id,
        case when is_paid_again or is_under_two_cases then aid_household_no end as aid_household_no,
        case_no,
        benefit_code,
        division_code,
        benefit_month,
        case when is_paid_again then excess_yuan else 0 end
        + case when is_under_two_cases and case_rank > 1 then paid_share_yuan else 0 end
            as amount_yuan,
        ranked.recovered_yuan,
        ranked.sources,
        coalesce(is_paid_again, false) or is_under_two_cases as is_hit,
        coalesce(
            {{ why_not_assessable('ranked.resident_id', ['payment', 'entitlement', 'aid_household']) }},
            case when unresolved.name is not null then 'unresolved_namesake' end
        ) as reason
    from ranked
    left join unresolved using (name, benefit_code, benefit_month)
),

{{ month_findings(facts={
    'benefits': "string_agg(distinct benefit_code, '、')",
    'case_no': 'min(case_no)',
    'other_case_no': 'nullif(max(case_no), min(case_no))',
    'recovered_yuan': 'nullif(sum(recovered_yuan), 0)',
}) }}
