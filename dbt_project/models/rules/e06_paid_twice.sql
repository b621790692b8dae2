-- E06: one person is paid one benefit twice for the same month, net of returned payments: under
-- two cases, or by two payments of one case of which the smaller is no mere supplement. Dibao in
-- two districts is B01. Arrears stand in their own month; a payment sent again after its return
-- stands once.
with

closings as (select * from {{ ref('int_closings') }}),

source_freshness as (select * from {{ ref('source_freshness') }}),

rule_parameter as (select * from {{ ref('rule_parameter') }}),

paid_months as not materialized (select * from {{ ref('benefit_month_person') }}),

cases_of_month as (
    select
        resident_id,
        benefit_code,
        benefit_month,
        min(division_code) as division_code
    from paid_months
    where resident_id is not null
    group by resident_id, benefit_code, benefit_month
    having min(case_no) <> max(case_no)
),

-- Dibao in two districts is left to B01, and two cases in one of them are not; a case of no known district may be
-- in any.
by_district as (
    select
        paid_months.resident_id,
        paid_months.benefit_code,
        paid_months.benefit_month,
        paid_months.case_no,
        case
            when paid_months.benefit_code = 'DB'
                then coalesce(paid_months.division_code, cases_of_month.division_code)
        end as district
    from paid_months
    inner join cases_of_month using (resident_id, benefit_code, benefit_month)
),

under_two_cases as (
    select distinct
        resident_id,
        benefit_code,
        benefit_month,
        case_no,
        district
    from (
        select
            *,
            min(case_no) over (partition by resident_id, benefit_code, benefit_month, district) as first_case_no,
            max(case_no) over (partition by resident_id, benefit_code, benefit_month, district) as last_case_no
        from by_district
    ) as ranged
    where first_case_no <> last_case_no
),

-- The few months of a case in which several payments stand, before those of all.
repeated as materialized (
    select
        case_no,
        benefit_code,
        benefit_month,
        payee_resident_id,
        recovered_yuan
    from {{ ref('benefit_month') }}
    where standing_count > 1
),

payments as (
    select
        records.*,
        months.payee_resident_id,
        months.recovered_yuan,
        row_number() over (
            partition by records.case_no, records.benefit_code, records.benefit_month
            order by records.amount_yuan desc nulls first, records.payment_no asc
        ) as payment_rank
    from {{ ref('int_payment_latest') }} as records
    inner join repeated as months using (case_no, benefit_code, benefit_month)
    where
        {{ stands('records') }}
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

-- Of the many months paid the few that are weighed.
suspected as (
    select
        paid_months.*,
        under_two_cases.resident_id is not null as is_under_two_cases,
        under_two_cases.district,
        paid_again.case_no is not null as is_case_paid_again,
        paid_again.payee_resident_id,
        paid_again.excess_yuan
    from paid_months
    left join under_two_cases using (resident_id, benefit_code, benefit_month, case_no)
    left join paid_again using (case_no, benefit_code, benefit_month)
    where under_two_cases.resident_id is not null or paid_again.case_no is not null
),

-- A household's second payment is one event: the payee stands for it, else the first of its people.
ranked as (
    select
        *,
        coalesce(
            is_case_paid_again
            and resident_id = coalesce(
                min(case when resident_id = payee_resident_id then resident_id end) over case_month,
                min(resident_id) over case_month
            ),
            false
        ) as is_paid_again,
        row_number() over (
            partition by resident_id, benefit_code, benefit_month, district
            order by paid_share_yuan desc nulls first, case_no asc
        ) as case_rank
    from suspected
    window case_month as (partition by case_no, benefit_code, benefit_month)
),

recovered as (
    select
        case_no,
        benefit_code,
        benefit_month,
        recovered_yuan
    from {{ ref('benefit_month') }}
    where recovered_yuan <> 0
),

hit_of_month as (
    select
        ranked.*,
        recovered.recovered_yuan
    from ranked
    left join recovered using (case_no, benefit_code, benefit_month)
    where ranked.is_paid_again or ranked.is_under_two_cases
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

-- Months without a hit are told of by subject.
other_months as (
    select
        paid_months.resident_id,
        case when paid_months.resident_id is null then paid_months.case_no end as case_no,
        max(paid_months.division_code) as division_code,
        max(coalesce(
            {{ why_not_assessable('paid_months.resident_id', ['payment', 'entitlement', 'aid_household']) }},
            case when unresolved.name is not null then 'unresolved_namesake' end
        )) as reason
    from paid_months
    left join unresolved using (name, benefit_code, benefit_month)
    left join (
        select distinct case_no, benefit_code, benefit_month, resident_id from hit_of_month
    ) as hit using (case_no, benefit_code, benefit_month, resident_id)
    where hit.resident_id is null
    group by paid_months.resident_id, case when paid_months.resident_id is null then paid_months.case_no end
),

judged_months as (
    select
        resident_id,
        aid_household_no,
        case_no,
        benefit_code,
        division_code,
        benefit_month,
        case when is_paid_again then excess_yuan else 0 end
        + case when is_under_two_cases and case_rank > 1 then paid_share_yuan else 0 end
            as amount_yuan,
        recovered_yuan,
        sources,
        true as is_hit,
        null as reason
    from hit_of_month
    union all
    select
        resident_id,
        null,
        case_no,
        null,
        division_code,
        null::date,
        null::numeric,
        null::numeric,
        null::jsonb,
        false,
        reason
    from other_months
),

{{ month_findings(facts={
    'benefits': distinct_texts('benefit_code'),
    'case_no': 'min(case_no)',
    'other_case_no': 'nullif(max(case_no), min(case_no))',
    'recovered_yuan': 'nullif(sum(recovered_yuan), 0)',
}) }}
