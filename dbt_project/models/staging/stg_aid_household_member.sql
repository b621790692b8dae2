{{ config(post_hook='{{ note_absorbed() }}', indexes=staged_indexes('aid_household_no')) }}

with

delivered as ({{ delivered(source('input', 'aid_household_member'), ref('stg_deliveries')) }})

select
    -- keys
    {{ numbered('aid_household_no') }} as aid_household_no,
    position as member_no,
    {{ person('id_number', 'name') }},

    relation,
    is_covered = '是' as is_covered,
    declared_income::numeric(14, 2) as declared_income_yuan,
    clean.identifier(phone) as phone,

    -- lineage
    {{ lineage() }}
from delivered
