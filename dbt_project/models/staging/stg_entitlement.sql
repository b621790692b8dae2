{{ config(post_hook='{{ note_absorbed() }}', indexes=staged_indexes('entitlement_no')) }}

with

delivered as ({{ delivered(source('input', 'entitlement'), ref('stg_deliveries')) }})

select
    -- keys
    {{ numbered('entitlement_no') }} as entitlement_no,
    benefit_code,
    {{ person('id_number', 'name') }},

    {{ division_in_force('delivered.division_code') }},
    started_on,
    {{ unless_open('ended_on') }} as ended_on,
    account_no,

    -- lineage
    {{ lineage() }}
from delivered
left join {{ ref('stg_former_divisions') }} as former_divisions
    on {{ is_former_division('delivered.division_code') }}
