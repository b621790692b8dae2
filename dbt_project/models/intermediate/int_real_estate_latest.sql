{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['unit_no', 'stated_id_number'],
    post_hook='{{ note_absorbed() }}',
    indexes=[
        {'columns': ['delivery_id', 'line_number']},
        {'columns': ['unit_no', 'stated_id_number'], 'unique': true},
        {'columns': ['key_hash']}
    ]
) }}

{{ latest_versions(
    ref('stg_shared__real_estate'),
    ref('stg_deliveries'),
    ref('stg_rejected_keys'),
    feed='real_estate',
    key=['unit_no', 'stated_id_number']
) }}
