-- E04: the sum that stands as paid for one month differs from the approved amount. Only
-- months wholly after the later of approval and the last change of standard or amount are judged,
-- because the amount on file is the one in force now; a month with no standing payment is
-- not judged, and arrears count for the month they are paid for.
with

source_freshness_by_division as (select * from {{ ref('source_freshness_by_division') }}),

payments as (
    select * from {{ ref('benefit_month') }}
    where is_paid
),

standard_changes as (
    select
        division_code,
        standard_code,
        max(valid_from) as changed_on
    from (
        select
            *,
            lag(amount_yuan) over (partition by division_code, standard_code order by valid_from) as earlier_yuan
        from {{ ref('int_standards_by_division') }}
    ) as standards
    where valid_from <= {{ business_date() }} and amount_yuan is distinct from earlier_yuan
    group by division_code, standard_code
),

amount_changes as (
    select
        aid_household_no,
        max(told_on) as changed_on
    from (
        select
            aid_household_no,
            monthly_amount_yuan,
            coalesce({{ local_day('updated_at') }}, delivery_date) as told_on,
            lag(monthly_amount_yuan) over (
                partition by aid_household_no
                order by {{ versions_last() | join(', ') }}
            ) as earlier_yuan
        from {{ ref('stg_aid_household') }}
        -- A version that tells no amount tells of no change, nor may it hide one.
        where monthly_amount_yuan is not null
    ) as versions
    where monthly_amount_yuan <> earlier_yuan
    group by aid_household_no
),

households as (
    select
        household.*,
        greatest(household.approved_on, standard_changes.changed_on, amount_changes.changed_on) as amount_from,
        -- What is granted by a standard may have changed with one nobody told.
        household.aid_type_code in ('DB', 'TK') and standard_changes.changed_on is null as lacks_standard
    from {{ ref('aid_household') }} as household
    left join amount_changes using (aid_household_no)
    left join standard_changes
        on
            household.division_code = standard_changes.division_code
            and standard_changes.standard_code = case household.aid_type_code
                when 'DB' then 'DB_' || upper(household.urban_rural)
                else household.aid_type_code
            end
),

judged_months as not materialized (
    select
        null::bigint as resident_id,
        households.aid_household_no,
        payments.case_no,
        households.division_code,
        payments.benefit_month,
        nullif(greatest(payments.paid_yuan - households.monthly_amount_yuan, 0), 0) as amount_yuan,
        payments.paid_yuan,
        payments.recovered_yuan,
        households.monthly_amount_yuan,
        {{ json_list(['payments.sources', source_line('households', "'aid_household'")]) }} as sources,
        coalesce(payments.paid_yuan <> households.monthly_amount_yuan, false)
        and not households.lacks_standard as is_hit,
        coalesce(
            case when households.monthly_amount_yuan is null then 'amount_unknown' end,
            {{ why_not_current(['payment', 'aid_household'], 'households.division_code') }},
            case when households.lacks_standard then 'standard_unknown' end
        ) as reason
    from households
    inner join payments using (aid_household_no)
    where
        payments.benefit_month >= households.amount_from
        and payments.benefit_month <= coalesce(households.aided_until, 'infinity')
),

{{ month_findings(facts={
    'approved_yuan': 'max(monthly_amount_yuan)',
    'least_paid_yuan': 'min(paid_yuan)',
    'most_paid_yuan': 'max(paid_yuan)',
    'recovered_yuan': 'nullif(sum(recovered_yuan), 0)',
}) }}
