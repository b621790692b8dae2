{{ config(post_hook='{{ note_absorbed() }}', indexes=staged_indexes('company_no')) }}

with

delivered as ({{ delivered(source('input', 'company'), ref('stg_deliveries')) }})

select
    -- keys
    company_no,

    company_name,
    company_type,
    registered_capital_yuan::numeric(14, 2) as registered_capital_yuan,
    registration_status,
    established_on,

    -- lineage
    {{ lineage() }}
from delivered
