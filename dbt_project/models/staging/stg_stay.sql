{{ config(post_hook='{{ note_absorbed() }}', indexes=staged_indexes('stay_no')) }}

with

delivered as ({{ delivered(source('input', 'stay'), ref('stg_deliveries')) }})

select
    -- keys
    {{ numbered('stay_no') }} as stay_no,
    {{ person('id_number', 'name') }},
    {{ code_of('sex_list', 'sex_code') }} as sex_code,

    institution_code,
    bed_code,
    entered_on,
    {{ unless_open('left_on') }} as left_on,
    ability_level,
    fee_source,

    -- lineage
    {{ lineage() }}
from delivered
left join {{ ref('code_value') }} as sex_list
    on {{ is_code_of('sex_list', 'sex', 'sex_code') }}
