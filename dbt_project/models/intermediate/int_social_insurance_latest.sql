{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['feed', 'stated_id_number', 'insurance_type', 'status', 'insured_month'],
    post_hook='{{ note_absorbed() }}',
    indexes=[
        {'columns': ['delivery_id', 'line_number']},
        {'columns': ['stated_id_number', 'insured_month', 'insurance_type', 'status', 'feed'], 'unique': true},
        {'columns': ['feed', 'line_key']}
    ]
) }}

{{ latest_versions(
    ref('stg_social_insurance'),
    ref('stg_deliveries'),
    ref('stg_rejected_keys'),
    key=['stated_id_number', 'insurance_type', 'status', 'insured_month']
) }}
