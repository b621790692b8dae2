{{ config(
    post_hook='{{ note_absorbed() }}',
    indexes=[{'columns': ['delivery_id', 'line_number']}, {'columns': ['event_no', 'event_type']}]
) }}

with

delivered as ({{ delivered_lines(source('raw', 'marriage_event'), ref('stg_deliveries')) }})

select
    -- keys
    clean.identifier(event_no) as event_no,
    clean.compact(event_type) as event_type,
    clean.identifier(certificate_no) as certificate_no,
    clean.identifier(original_certificate_no) as original_certificate_no,

    -- people
    {{ person('husband_id_number', 'husband_name', 'husband_') }},
    clean.date(husband_born_on) as husband_born_on,
    {{ person('wife_id_number', 'wife_name', 'wife_') }},
    clean.date(wife_born_on) as wife_born_on,

    -- event
    clean.date(registered_on) as registered_on,
    clean.identifier(office_code) as office_code,
    {{ is_revoked('operation') }} as is_revoked,
    clean.instant(updated_at) as updated_at,

    -- lineage
    {{ lineage() }}
from delivered
