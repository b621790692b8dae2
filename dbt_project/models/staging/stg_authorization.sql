{{ config(post_hook='{{ note_absorbed() }}', indexes=staged_indexes('authorization_no')) }}

with

delivered as ({{ delivered(source('input', 'authorization'), ref('stg_deliveries')) }})

select
    -- keys
    {{ numbered('authorization_no') }} as authorization_no,
    {{ numbered('aid_household_no') }} as aid_household_no,
    {{ person('id_number', 'name') }},

    authorized_from,
    authorized_to,

    -- lineage
    {{ lineage() }}
from delivered
