{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['stated_id_number', 'insurance_type', 'status', 'insured_month'],
    post_hook='{{ note_absorbed() }}'
) }}

{{ latest_versions('stg_shared__social_insurance', ['stated_id_number', 'insurance_type', 'status', 'insured_month']) }}
