{{ config(
    post_hook='{{ note_absorbed() }}',
    indexes=[{'columns': ['delivery_id', 'line_number']}, {'columns': ['entitlement_no']}]
) }}

with

delivered as ({{ delivered_lines(source('raw', 'entitlement'), ref('stg_deliveries')) }})

select
    -- keys
    clean.identifier(entitlement_no) as entitlement_no,
    clean.compact(benefit_code) as benefit_code,
    {{ person('id_number', 'name') }},

    left(clean.division(division_code), 6) as division_code,
    clean.date(started_on) as started_on,
    {{ end_date('ended_on') }} as ended_on,
    clean.account(account_no) as account_no,
    {{ is_revoked('operation') }} as is_revoked,

    -- lineage
    {{ lineage() }}
from delivered
