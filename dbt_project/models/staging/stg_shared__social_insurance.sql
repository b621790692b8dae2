{{ config(
    post_hook='{{ note_absorbed() }}',
    indexes=[{'columns': ['delivery_id', 'line_number']}, {'columns': ['stated_id_number', 'insured_month']}]
) }}

with

delivered as ({{ delivered_lines(source('raw', 'social_insurance'), ref('stg_deliveries')) }})

select
    -- keys
    {{ person('id_number', 'name') }},
    {{ sender_key('id_number', 'name') }} as stated_id_number,
    clean.compact(insurance_type) as insurance_type,
    clean.compact(status) as status,
    clean.month(insured_month) as insured_month,

    clean.yuan(contribution_base_yuan)::numeric(14, 2) as contribution_base_yuan,
    clean.yuan(benefit_yuan)::numeric(14, 2) as benefit_yuan,
    trim(employer_name) as employer_name,
    clean.compact(is_public_payroll) = '是' as is_public_payroll,
    false as is_revoked,

    -- lineage
    {{ lineage() }}
from delivered
