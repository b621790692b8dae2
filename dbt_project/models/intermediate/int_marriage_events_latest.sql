{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['event_no', 'event_type'],
    post_hook='{{ note_absorbed() }}',
    indexes=[{'columns': ['delivery_id', 'line_number']}, {'columns': ['event_no', 'event_type']}, {'columns': ['key_hash']}]
) }}

{{ latest_versions('stg_marriage__marriage_event', ['event_no', 'event_type'], updated_at='updated_at') }}
