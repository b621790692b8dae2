{{ config(post_hook='{{ note_absorbed() }}', indexes=staged_indexes('property_no')) }}

with

delivered as ({{ delivered(source('input', 'property_record'), ref('stg_deliveries')) }})

select
    -- keys
    {{ numbered('property_no') }} as property_no,
    {{ person('id_number', 'name') }},

    property_kind,
    detail,
    value_yuan::numeric(14, 2) as value_yuan,
    share,
    as_of_on,
    {{ unless_open('ended_on') }} as ended_on,

    -- lineage
    {{ lineage() }}
from delivered
