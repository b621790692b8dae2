{{ config(post_hook='{{ note_absorbed() }}', indexes=staged_indexes('unit_no')) }}

with

delivered as ({{ delivered(source('input', 'real_estate'), ref('stg_deliveries')) }})

select
    -- keys
    unit_no,
    {{ sender_key('owner_id_number', 'owner_name') }} as stated_id_number,
    {{ person('owner_id_number', 'owner_name', 'owner_') }},

    co_ownership,
    share,
    area_square_meters,
    usage,
    address,
    registered_on,
    status,

    -- lineage
    {{ lineage() }}
from delivered
