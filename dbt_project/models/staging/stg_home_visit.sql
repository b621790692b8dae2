{{ config(post_hook='{{ note_absorbed() }}', indexes=staged_indexes('visit_no')) }}

with

delivered as ({{ delivered(source('input', 'home_visit'), ref('stg_deliveries')) }})

select
    -- keys
    {{ numbered('visit_no') }} as visit_no,
    {{ person('id_number', 'name') }},

    visited_at,
    round(minutes, 2)::numeric(9, 2) as minutes,
    service_code,
    fee_yuan::numeric(14, 2) as fee_yuan,
    provider,
    clean.identifier(caller) as caller,

    -- lineage
    {{ lineage() }}
from delivered
