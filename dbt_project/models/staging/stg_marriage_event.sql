{{ config(post_hook='{{ note_absorbed() }}', indexes=staged_indexes('event_no')) }}

with

delivered as ({{ delivered(source('input', 'marriage_event'), ref('stg_deliveries')) }})

select
    -- keys
    {{ numbered('event_no') }} as event_no,
    event_type,
    {{ numbered('certificate_no') }} as certificate_no,
    {{ numbered('original_certificate_no') }} as original_certificate_no,

    -- people
    {{ person('husband_id_number', 'husband_name', 'husband_') }},
    husband_born_on,
    {{ person('wife_id_number', 'wife_name', 'wife_') }},
    wife_born_on,

    -- event
    registered_on,
    office_code,

    -- lineage
    {{ lineage() }}
from delivered
