{{ config(
    post_hook='{{ note_absorbed() }}',
    indexes=[
        {'columns': ['delivery_id', 'line_number', 'position'], 'unique': true},
        {'columns': ['feed', 'line_key']}
    ]
) }}

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
