{{ config(
    post_hook='{{ note_absorbed() }}',
    indexes=[{'columns': ['delivery_id', 'line_number']}, {'columns': ['company_no']}]
) }}

with

delivered as ({{ delivered_lines(source('raw', 'company'), ref('stg_deliveries')) }})

select
    -- keys
    clean.identifier(company_no) as company_no,
    trim(company_name) as company_name,
    clean.compact(company_type) as company_type,
    clean.wan_yuan(registered_capital_wan_yuan)::numeric(14, 2) as registered_capital_yuan,
    clean.compact(registration_status) as registration_status,
    clean.date(established_on) as established_on,
    officers,
    false as is_revoked,

    -- lineage
    {{ lineage() }}
from delivered
