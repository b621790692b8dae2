{{ config(
    post_hook='{{ note_absorbed() }}',
    indexes=[{'columns': ['delivery_id', 'line_number']}, {'columns': ['cremation_no']}]
) }}

with

delivered as ({{ delivered_lines(source('raw', 'cremation'), ref('stg_deliveries')) }})

select
    -- keys
    clean.identifier(cremation_no) as cremation_no,

    -- people
    {{ person('deceased_id_number', 'deceased_name', 'deceased_') }},
    {{ code_of('sex_list', 'sex') }} as deceased_sex_code,
    {{ person('agent_id_number', 'agent_name', 'agent_') }},
    clean.compact(agent_relation) as agent_relation,

    -- event
    clean.date(died_on) as died_on,
    clean.date(cremated_on) as cremated_on,
    clean.identifier(death_certificate_no) as death_certificate_no,
    left(clean.division(division_code), 6) as division_code,
    clean.identifier(crematorium_code) as crematorium_code,
    clean.yuan(relief_yuan)::numeric(14, 2) as relief_yuan,
    {{ is_revoked('operation') }} as is_revoked,

    -- lineage
    {{ lineage() }}
from delivered
left join {{ ref('code_value') }} as sex_list
    on {{ is_code_of('sex_list', 'sex', 'sex') }}
