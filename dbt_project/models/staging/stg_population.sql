{{ config(post_hook='{{ note_absorbed() }}', indexes=staged_indexes('register_no')) }}

with

delivered as ({{ delivered(source('input', 'population'), ref('stg_deliveries')) }})

select
    -- keys
    -- The sender's own number of a person, else what it states as the identity number.
    coalesce({{ numbered('person_no') }}, clean.stated_number(id_number)) as register_no,
    {{ person('id_number', 'name') }},
    clean.stated_number(id_number) as stated_id_number,
    {{ numbered('household_no') }} as household_no,

    -- person
    {{ code_of('sex_list', 'sex_code') }} as sex_code,
    lpad(ethnicity_code, 2, '0') as ethnicity_code,
    born_on,
    lpad(relation_code, 2, '0') as relation_code,

    -- residence
    address,
    delivered.division_code as full_division_code,
    {{ division_in_force('delivered.division_code') }},
    {{ code_of('settlement', 'household_type') }} as household_type,

    -- change
    change_type,
    changed_on,

    -- lineage
    {{ lineage() }}
from delivered
left join {{ ref('stg_former_divisions') }} as former_divisions
    on {{ is_former_division('delivered.division_code') }}
left join {{ ref('code_value') }} as sex_list
    on {{ is_code_of('sex_list', 'sex', 'sex_code') }}
left join {{ ref('code_value') }} as settlement
    on {{ is_code_of('settlement', 'settlement', 'household_type') }}
