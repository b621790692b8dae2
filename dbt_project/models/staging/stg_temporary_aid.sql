{{ config(post_hook='{{ note_absorbed() }}', indexes=staged_indexes('temporary_aid_no')) }}

with

delivered as ({{ delivered(source('input', 'temporary_aid'), ref('stg_deliveries')) }})

select
    -- keys
    {{ numbered('temporary_aid_no') }} as temporary_aid_no,
    {{ person('id_number', 'name') }},

    aid_kind,
    applied_on,
    paid_on,
    amount_yuan::numeric(14, 2) as amount_yuan,
    reason,
    {{ division_in_force('delivered.division_code') }},

    -- lineage
    {{ lineage() }}
from delivered
left join {{ ref('stg_former_divisions') }} as former_divisions
    on {{ is_former_division('delivered.division_code') }}
