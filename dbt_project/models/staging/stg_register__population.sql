{{ config(
    post_hook='{{ note_absorbed() }}',
    indexes=[{'columns': ['delivery_id', 'line_number']}, {'columns': ['stated_id_number']}]
) }}

with

delivered as ({{ delivered_lines(source('raw', 'population'), ref('stg_deliveries')) }})

select
    -- keys
    {{ person('id_number', 'name') }},
    clean.stated_number(id_number) as stated_id_number,
    clean.identifier(household_no) as household_no,

    -- person
    {{ code_of('sex', 'sex_code') }} as sex_code,
    lpad(clean.compact(ethnicity_code), 2, '0') as ethnicity_code,
    clean.date(born_on) as born_on,
    lpad(clean.compact(relation_code), 2, '0') as relation_code,

    -- residence
    trim(address) as address,
    clean.division(delivered.division_code) as full_division_code,
    left(clean.division(delivered.division_code), 6) as division_code,
    {{ code_of('settlement', 'household_type') }} as household_type,

    -- change
    clean.compact(change_type) as change_type,
    clean.date(changed_on) as changed_on,
    false as is_revoked,

    -- lineage
    {{ lineage() }}
from delivered
left join {{ ref('code_value') }} as sex
    on {{ is_code_of('sex', 'sex', 'sex_code') }}
left join {{ ref('code_value') }} as settlement
    on {{ is_code_of('settlement', 'settlement', 'household_type') }}
