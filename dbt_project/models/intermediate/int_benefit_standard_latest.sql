{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['feed', 'division_code', 'standard_code', 'valid_from'],
    post_hook='{{ note_absorbed() }}',
    indexes=[
        {'columns': ['delivery_id', 'line_number']},
        {'columns': ['division_code', 'standard_code', 'valid_from', 'feed'], 'unique': true},
        {'columns': ['feed', 'line_key']}
    ]
) }}

{{ latest_versions(
    ref('stg_benefit_standard'),
    ref('stg_deliveries'),
    ref('stg_rejected_keys'),
    key=['division_code', 'standard_code', 'valid_from']
) }}
