{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['feed', 'event_no', 'event_type'],
    post_hook='{{ note_absorbed() }}',
    indexes=[
        {'columns': ['delivery_id', 'line_number']},
        {'columns': ['event_no', 'event_type', 'feed'], 'unique': true},
        {'columns': ['feed', 'line_key']}
    ]
) }}

{{ latest_versions(
    ref('stg_marriage_event'),
    ref('stg_deliveries'),
    ref('stg_rejected_keys'),
    key=['event_no', 'event_type']
) }}
