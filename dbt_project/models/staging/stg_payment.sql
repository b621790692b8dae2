{{ config(post_hook='{{ note_absorbed() }}', indexes=staged_indexes('payment_no')) }}

with

delivered as ({{ delivered(source('input', 'payment'), ref('stg_deliveries')) }}),

{{ cleaned_once('delivered', 'payee_id_number', 'payee_name') }}

select
    -- keys
    {{ numbered('payment_no') }} as payment_no,
    -- A payment that does not say of which case it is, is one of its own: with others it would be one month of many.
    coalesce({{ numbered('case_no') }}, '支付流水 ' || {{ numbered('payment_no') }}) as case_no,
    benefit_code,
    {{ person_cleaned('payee_id_number', 'payee_name', 'payee_') }},

    -- money
    benefit_month,
    paid_month,
    paid_on,
    -- What was taken back is below zero, however it is written.
    case when payment_status = '追回' then -abs(amount_yuan) else amount_yuan end::numeric(14, 2) as amount_yuan,
    payment_status,
    {{ numbered('original_payment_no') }} as original_payment_no,
    account_no,
    {{ division_in_force('delivered.division_code') }},

    -- lineage
    {{ lineage() }}
from delivered
left join numbers on delivered.payee_id_number = numbers.value
left join names on delivered.payee_name = names.value
left join {{ ref('stg_former_divisions') }} as former_divisions
    on {{ is_former_division('delivered.division_code') }}
