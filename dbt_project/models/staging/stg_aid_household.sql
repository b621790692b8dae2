{{ config(post_hook='{{ note_absorbed() }}', indexes=staged_indexes('aid_household_no')) }}

with

delivered as ({{ delivered(source('input', 'aid_household'), ref('stg_deliveries')) }})

select
    -- keys
    {{ numbered('aid_household_no') }} as aid_household_no,

    -- recognition
    aid_type_code,
    {{ code_of('settlement', 'urban_rural') }} as urban_rural,
    {{ division_in_force('delivered.division_code') }},
    applied_on,
    approved_on,
    {{ unless_open('stopped_on') }} as stopped_on,
    grace_until,
    status,
    applicant_marital_status,

    -- money
    monthly_income::numeric(14, 2) as declared_monthly_income_yuan,
    monthly_amount_yuan::numeric(14, 2) as monthly_amount_yuan,
    account_no,

    -- authorization
    {{ numbered('authorization_no') }} as authorization_no,
    authorized_from,
    authorized_to,

    -- lineage
    {{ lineage() }}
from delivered
left join {{ ref('stg_former_divisions') }} as former_divisions
    on {{ is_former_division('delivered.division_code') }}
left join {{ ref('code_value') }} as settlement
    on {{ is_code_of('settlement', 'settlement', 'urban_rural') }}
