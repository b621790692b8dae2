{{ config(post_hook='{{ note_absorbed() }}', indexes=staged_indexes('cremation_no')) }}

with

delivered as ({{ delivered(source('input', 'cremation'), ref('stg_deliveries')) }})

select
    -- keys
    {{ numbered('cremation_no') }} as cremation_no,

    -- people
    {{ person('deceased_id_number', 'deceased_name', 'deceased_') }},
    {{ code_of('sex_list', 'sex') }} as deceased_sex_code,
    {{ person('agent_id_number', 'agent_name', 'agent_') }},
    agent_relation,

    -- event
    died_on,
    cremated_on,
    death_certificate_no,
    {{ division_in_force('delivered.division_code') }},
    crematorium_code,
    relief_yuan::numeric(14, 2) as relief_yuan,

    -- lineage
    {{ lineage() }}
from delivered
left join {{ ref('stg_former_divisions') }} as former_divisions
    on {{ is_former_division('delivered.division_code') }}
left join {{ ref('code_value') }} as sex_list
    on {{ is_code_of('sex_list', 'sex', 'sex') }}
