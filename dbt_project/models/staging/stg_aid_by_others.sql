{{ config(post_hook='{{ note_absorbed() }}', indexes=staged_indexes('aid_no')) }}

with

delivered as ({{ delivered(source('input', 'aid_by_others'), ref('stg_deliveries')) }})

select
    -- keys
    {{ numbered('aid_no') }} as aid_no,
    {{ person('id_number', 'name') }},

    aid_kind,
    paid_on,
    amount_yuan::numeric(14, 2) as amount_yuan,
    provider,

    -- lineage
    {{ lineage() }}
from delivered
