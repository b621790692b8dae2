-- E03: an aid household is paid for a month after the month of its stop date, or of the end of its time of
-- grace where that is later. Arrears count for the month they are paid for.
with

source_freshness_by_division as (select * from {{ ref('source_freshness_by_division') }}),

payments as (
    select * from {{ ref('benefit_month') }}
    where is_paid
),

households as (
    select * from {{ ref('aid_household') }}
    where aided_until <= {{ business_date() }} or not is_active
),

judged_months as (
    select
        null::bigint as resident_id,
        households.aid_household_no,
        payments.case_no,
        households.division_code,
        payments.benefit_month,
        payments.paid_yuan as amount_yuan,
        payments.recovered_yuan,
        households.stopped_on,
        households.grace_until,
        {{ json_list(['payments.sources', source_line('households', "'aid_household'")]) }} as sources,
        coalesce(payments.benefit_month > {{ month_start('households.aided_until') }}, false) as is_hit,
        coalesce(
            case
                when
                    households.stopped_on is null
                    and coalesce(payments.benefit_month > {{ month_start('households.grace_until') }}, true)
                    then 'stop_date_unknown'
            end,
            {{ why_not_current(['payment', 'aid_household'], 'households.division_code') }}
        ) as reason
    from households
    inner join payments using (aid_household_no)
),

{{ month_findings(facts={
    'stopped_on': 'max(stopped_on)',
    'grace_until': 'max(grace_until)',
    'recovered_yuan': 'nullif(sum(recovered_yuan), 0)',
}) }}
