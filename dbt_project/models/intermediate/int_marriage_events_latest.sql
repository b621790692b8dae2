{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['event_no', 'event_type'],
    post_hook='{{ note_absorbed() }}',
    indexes=[
        {'columns': ['delivery_id', 'line_number']},
        {'columns': ['event_no', 'event_type'], 'unique': true},
        {'columns': ['key_hash']}
    ]
) }}

{{ latest_versions(
    ref('stg_marriage__marriage_event'),
    ref('stg_deliveries'),
    ref('stg_rejected_keys'),
    feed='marriage_event',
    key=['event_no', 'event_type'], updated_at='updated_at'
) }}
