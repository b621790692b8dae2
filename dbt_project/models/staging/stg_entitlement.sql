{{ config(post_hook='{{ note_absorbed() }}', indexes=staged_indexes('entitlement_no')) }}

with

delivered as ({{ delivered(source('input', 'entitlement'), ref('stg_deliveries')) }})

select
    -- keys
    {{ numbered('entitlement_no') }} as entitlement_no,
    benefit_code,
    {{ person('id_number', 'name') }},

    left(division_code, 6) as division_code,
    started_on,
    {{ unless_open('ended_on') }} as ended_on,
    account_no,

    -- lineage
    {{ lineage() }}
from delivered
