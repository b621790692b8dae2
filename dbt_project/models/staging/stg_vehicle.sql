{{ config(post_hook='{{ note_absorbed() }}', indexes=staged_indexes('plate_no')) }}

with

delivered as ({{ delivered(source('input', 'vehicle'), ref('stg_deliveries')) }})

select
    -- keys
    plate_no,
    {{ person('owner_id_number', 'owner_name', 'owner_') }},

    vehicle_type,
    usage,
    registered_on,
    assessed_yuan::numeric(14, 2) as assessed_yuan,
    status,

    -- lineage
    {{ lineage() }}
from delivered
