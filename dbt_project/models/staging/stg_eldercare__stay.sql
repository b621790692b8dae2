{{ config(
    post_hook='{{ note_absorbed() }}',
    indexes=[{'columns': ['delivery_id', 'line_number']}, {'columns': ['stay_no']}]
) }}

with

delivered as ({{ delivered_lines(source('raw', 'stay'), ref('stg_deliveries')) }})

select
    -- keys
    clean.identifier(stay_no) as stay_no,
    {{ person('id_number', 'name') }},
    {{ code_of('sex', 'sex_code') }} as sex_code,

    clean.identifier(institution_code) as institution_code,
    clean.identifier(bed_code) as bed_code,
    clean.date(entered_on) as entered_on,
    {{ end_date('left_on') }} as left_on,
    clean.compact(ability_level) as ability_level,
    clean.compact(fee_source) as fee_source,
    {{ is_revoked('operation') }} as is_revoked,

    -- lineage
    {{ lineage() }}
from delivered
left join {{ ref('code_value') }} as sex
    on {{ is_code_of('sex', 'sex', 'sex_code') }}
