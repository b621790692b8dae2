{{ config(post_hook='{{ note_absorbed() }}', indexes=staged_indexes('status_no')) }}

with

delivered as ({{ delivered(source('input', 'person_status'), ref('stg_deliveries')) }})

select
    -- keys
    {{ numbered('status_no') }} as status_no,
    {{ person('id_number', 'name') }},

    person_status,
    started_on,
    {{ unless_open('ended_on') }} as ended_on,
    detail,

    -- lineage
    {{ lineage() }}
from delivered
