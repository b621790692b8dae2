{{ config(post_hook='{{ note_absorbed() }}', indexes=staged_indexes('company_no')) }}

with

delivered as ({{ delivered(source('input', 'company_officer'), ref('stg_deliveries')) }})

select
    -- keys
    company_no,
    position as officer_no,
    {{ person('id_number', 'name') }},

    officer_role,
    capital_share,

    -- lineage
    {{ lineage() }}
from delivered
