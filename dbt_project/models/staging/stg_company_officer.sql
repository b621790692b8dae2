{{ config(
    post_hook='{{ note_absorbed() }}',
    indexes=[
        {'columns': ['delivery_id', 'line_number', 'position'], 'unique': true},
        {'columns': ['feed', 'line_key']},
        {'columns': ['company_no']}
    ]
) }}

with

delivered as ({{ delivered(source('input', 'company_officer'), ref('stg_deliveries')) }})

select
    -- keys
    company_no,
    position as officer_no,
    {{ person('id_number', 'name') }},

    officer_role,
    capital_share,

    -- lineage
    {{ lineage() }}
from delivered
