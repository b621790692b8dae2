-- E06: one person is paid one benefit twice for the same month, net of returned payments: under
-- two cases, or by two payments of one case of which the smaller is no mere supplement. Dibao in
-- two districts is B01. Arrears stand in their own month; a payment sent again after its return
-- stands once.
with

paid_months as (select * from {{ ref('benefit_month_person') }}),

payments as (
    select
        *,
        row_number() over (
            partition by case_no, benefit_code, benefit_month order by amount_yuan desc, payment_no
        ) as payment_rank
    from {{ current_records('int_payments_latest', 'payment') }} as records
    where payment_status in ('成功', '补发')
),

paid_again as (
    select
        case_no,
        benefit_code,
        benefit_month,
        sum(case when payment_rank > 1 then amount_yuan end) as excess_yuan
    from payments
    group by case_no, benefit_code, benefit_month
    having
        max(case when payment_rank = 2 then amount_yuan end)
        >= max(amount_yuan) * {{ rule_parameter('e06', 'min_share', 'max(payments.division_code)') }}
),

-- A household's second payment is one event: the payee stands for it, else the first of its people.
named as (
    select
        paid_months.case_no,
        paid_months.benefit_code,
        paid_months.benefit_month,
        coalesce(
            min(case when paid_months.resident_id = months.payee_resident_id then paid_months.resident_id end),
            min(paid_months.resident_id)
        ) as first_resident_id,
        count(*) as head_count
    from paid_months
    inner join {{ ref('benefit_month') }} as months using (case_no, benefit_code, benefit_month)
    group by paid_months.case_no, paid_months.benefit_code, paid_months.benefit_month
),

under_two_cases as (
    select
        resident_id,
        benefit_code,
        benefit_month
    from paid_months
    where resident_id is not null
    group by resident_id, benefit_code, benefit_month
    having
        count(distinct case_no) > 1
        and not (benefit_code = 'DB' and count(distinct division_code) > 1)
),

ranked as (
    select
        paid_months.*,
        paid_months.paid_yuan / named.head_count as yuan_per_head,
        under_two_cases.resident_id is not null as is_under_two_cases,
        row_number() over (
            partition by paid_months.resident_id, paid_months.benefit_code, paid_months.benefit_month
            order by paid_months.paid_yuan / named.head_count desc, paid_months.case_no
        ) as case_rank,
        paid_again.case_no is not null as is_paid_again,
        paid_again.excess_yuan
    from paid_months
    inner join named using (case_no, benefit_code, benefit_month)
    left join under_two_cases using (resident_id, benefit_code, benefit_month)
    left join paid_again
        on
            named.case_no = paid_again.case_no
            and named.benefit_code = paid_again.benefit_code
            and named.benefit_month = paid_again.benefit_month
            and paid_months.resident_id = named.first_resident_id
),

judged_months as (
    select
        resident_id,
        case when is_paid_again or is_under_two_cases then aid_household_no end as aid_household_no,
        case_no,
        benefit_code,
        division_code,
        benefit_month,
        coalesce(excess_yuan, 0) + case when is_under_two_cases and case_rank > 1 then yuan_per_head else 0 end
            as amount_yuan,
        sources,
        is_paid_again or is_under_two_cases as is_hit,
        {{ why_not_assessable('resident_id', ['payment', 'entitlement', 'aid_household']) }} as reason
    from ranked
),

{{ month_findings('judged_months', facts={
    'benefits': "string_agg(distinct benefit_code, '、')",
    'case_no': 'min(case_no)',
    'other_case_no': 'nullif(max(case_no), min(case_no))',
}) }}
