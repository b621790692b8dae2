{{ config(post_hook='{{ note_absorbed() }}', indexes=staged_indexes('stated_id_number')) }}

with

delivered as ({{ delivered(source('input', 'social_insurance'), ref('stg_deliveries')) }})

select
    -- keys
    {{ person('id_number', 'name') }},
    {{ sender_key('id_number', 'name') }} as stated_id_number,
    insurance_type,
    status,
    insured_month,

    contribution_base_yuan::numeric(14, 2) as contribution_base_yuan,
    benefit_yuan::numeric(14, 2) as benefit_yuan,
    employer_name,
    is_public_payroll = '是' as is_public_payroll,

    -- lineage
    {{ lineage() }}
from delivered
