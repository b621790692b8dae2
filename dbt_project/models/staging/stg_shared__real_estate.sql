{{ config(
    post_hook='{{ note_absorbed() }}',
    indexes=[{'columns': ['delivery_id', 'line_number']}, {'columns': ['unit_no', 'stated_id_number']}]
) }}

with

delivered as ({{ delivered_lines(source('raw', 'real_estate'), ref('stg_deliveries')) }})

select
    -- keys
    clean.identifier(unit_no) as unit_no,
    {{ sender_key('owner_id_number', 'owner_name') }} as stated_id_number,
    {{ person('owner_id_number', 'owner_name', 'owner_') }},

    clean.compact(co_ownership) as co_ownership,
    clean.share(share) as share,
    clean.number(area_square_meters) as area_square_meters,
    clean.compact(usage) as usage,
    trim(address) as address,
    clean.date(registered_on) as registered_on,
    clean.compact(status) as status,
    false as is_revoked,

    -- lineage
    {{ lineage() }}
from delivered
