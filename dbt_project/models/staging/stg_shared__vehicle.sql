{{ config(
    post_hook='{{ note_absorbed() }}',
    indexes=[{'columns': ['delivery_id', 'line_number']}, {'columns': ['plate_no']}]
) }}

with

delivered as ({{ delivered_lines(source('raw', 'vehicle'), ref('stg_deliveries')) }})

select
    -- keys
    clean.identifier(plate_no) as plate_no,
    {{ person('owner_id_number', 'owner_name', 'owner_') }},

    clean.compact(vehicle_type) as vehicle_type,
    clean.compact(usage) as usage,
    clean.date(registered_on) as registered_on,
    clean.wan_yuan(assessed_wan_yuan)::numeric(14, 2) as assessed_yuan,
    clean.compact(status) as status,
    false as is_revoked,

    -- lineage
    {{ lineage() }}
from delivered
