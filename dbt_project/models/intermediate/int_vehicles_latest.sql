{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['plate_no'],
    post_hook='{{ note_absorbed() }}',
    indexes=[
        {'columns': ['delivery_id', 'line_number']},
        {'columns': ['plate_no'], 'unique': true},
        {'columns': ['key_hash']}
    ]
) }}

{{ latest_versions(
    ref('stg_shared__vehicle'),
    ref('stg_deliveries'),
    ref('stg_rejected_keys'),
    feed='vehicle',
    key=['plate_no']
) }}
