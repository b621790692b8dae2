{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['feed', 'unit_no', 'stated_id_number'],
    post_hook='{{ note_absorbed() }}',
    indexes=[
        {'columns': ['delivery_id', 'line_number']},
        {'columns': ['unit_no', 'stated_id_number', 'feed'], 'unique': true},
        {'columns': ['feed', 'line_key']}
    ]
) }}

{{ latest_versions(
    ref('stg_real_estate'),
    ref('stg_deliveries'),
    ref('stg_rejected_keys'),
    key=['unit_no', 'stated_id_number']
) }}
