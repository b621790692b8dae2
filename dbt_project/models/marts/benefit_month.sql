{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    on_schema_change='fail',
    meta={'touched_by': 'int_touched_cases', 'touched_on': {'case_no': 'case_no'}},
    indexes=[{'columns': ['case_no']}, published_key(['case_no', 'benefit_code', 'benefit_month'])]
) }}

-- One row per case, benefit and month it is for (所属月份). A month is paid if a payment stands
-- as 成功 or 补发; returned payments (退回) count as nothing, nor does what was taken back (追回, a negative
-- amount, or returns that exceed what was returned); arrears stand in their own month. What names the payment it
-- takes back stands in the case and month of that payment, whenever it was booked; so does a return booked as a line
-- of its own, whatever its sign, which takes from a payment that still stands.
with

closings as (select * from {{ ref('int_closings') }}),

recoveries as (
    select
        records.feed,
        records.payment_no,
        originals.case_no,
        originals.benefit_code,
        originals.benefit_month,
        records.payment_status = '退回' and originals.payment_status in ('成功', '补发') as is_return_of_standing
    from {{ ref('int_payment_latest') }} as records
    inner join {{ ref('int_payment_latest') }} as originals
        on records.feed = originals.feed and records.original_payment_no = originals.payment_no
    where records.payment_status in ('追回', '退回')
),

settled as (
    select
        coalesce(recoveries.case_no, records.case_no) as case_no,
        coalesce(recoveries.benefit_code, records.benefit_code) as benefit_code,
        coalesce(recoveries.benefit_month, records.benefit_month) as benefit_month,
        records.paid_on,
        case when recoveries.is_return_of_standing then -abs(records.amount_yuan) else records.amount_yuan end
            as amount_yuan,
        records.payment_status,
        records.account_no,
        records.division_code,
        records.payee_name,
        records.is_revoked,
        records.feed,
        records.last_seen_order,
        records.delivery_id,
        records.line_number,
        records.place
    from {{ ref('int_payment_latest') }} as records
    left join recoveries using (feed, payment_no)
    {% if is_incremental() -%}
    -- Chosen below by the case it stands in, which is its own unless it takes another payment back.
    where
        records.case_no in (select case_no from {{ ref('int_touched_cases') }})
        or records.original_payment_no is not null
    {%- endif %}
),

payments as (
    select
        records.*,
        payees.resident_id as payee_resident_id,
        records.payment_status in ('成功', '补发') and coalesce(records.amount_yuan >= 0, true) as stands,
        records.payment_status = '退回' as is_returned
    from settled as records
    {{ only_touched(ref('int_touched_cases'), 'records', {'case_no': 'case_no'}) }}
    left join {{ ref('person_mention') }} as payees
        on {{ is_named_in('payees', 'records', 'payee') }}
    where {{ stands('records') }}
),

households as (select * from {{ ref('aid_household') }}),

entitlements as (select * from {{ ref('entitlement') }}),

months as (
    select
        case_no,
        benefit_code,
        benefit_month,
        bool_or(stands) as has_standing,
        sum(amount_yuan) filter (where stands) as standing_yuan,
        coalesce(-sum(amount_yuan) filter (where not is_returned and amount_yuan < 0), 0)
        + greatest(-sum(amount_yuan) filter (where is_returned), 0) as recovered_yuan,
        count(*) filter (where stands) as standing_count,
        count(*) filter (where is_returned) as returned_count,
        min(paid_on) filter (where stands) as first_paid_on,
        max(paid_on) filter (where stands) as last_paid_on,
        min(account_no) as account_no,
        min(division_code) as division_code,
        min(payee_resident_id) as payee_resident_id,
        {{ first_by('payee_name', ['payee_resident_id', 'payee_name']) }} as payee_name,
        {{ json_collect(json_whole({
            'feed': "'payment'", 'delivery_id': 'delivery_id', 'line_number': 'line_number'
        }), 'delivery_id, line_number') }} as sources
    from payments
    group by case_no, benefit_code, benefit_month
)

select
    months.case_no,
    households.aid_household_no,
    entitlements.entitlement_no,
    months.benefit_code,
    months.benefit_month,
    -- An amount that cannot be read is money all the same.
    months.has_standing and coalesce(months.standing_yuan - months.recovered_yuan > 0, true) as is_paid,
    {{ capped('coalesce(months.standing_yuan, 0) - months.recovered_yuan') }} as paid_yuan,
    {{ capped('months.recovered_yuan') }} as recovered_yuan,
    months.standing_count,
    months.returned_count,
    months.first_paid_on,
    months.last_paid_on,
    months.account_no,
    months.division_code,
    months.payee_resident_id,
    months.payee_name,
    months.sources
from months
left join households on months.case_no = households.aid_household_no
left join entitlements on months.case_no = entitlements.entitlement_no
