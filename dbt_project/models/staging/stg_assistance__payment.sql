{{ config(
    post_hook='{{ note_absorbed() }}',
    indexes=[{'columns': ['delivery_id', 'line_number']}, {'columns': ['payment_no']}]
) }}

with

delivered as ({{ delivered_lines(source('raw', 'payment'), ref('stg_deliveries')) }})

select
    -- keys
    clean.identifier(payment_no) as payment_no,
    clean.identifier(case_no) as case_no,
    clean.compact(benefit_code) as benefit_code,
    {{ person('payee_id_number', 'payee_name', 'payee_') }},

    -- money
    clean.month(benefit_month) as benefit_month,
    clean.month(paid_month) as paid_month,
    clean.date(paid_on) as paid_on,
    clean.yuan(amount_yuan)::numeric(14, 2) as amount_yuan,
    clean.compact(payment_status) as payment_status,
    clean.account(account_no) as account_no,
    left(clean.division(division_code), 6) as division_code,
    false as is_revoked,

    -- lineage
    {{ lineage() }}
from delivered
