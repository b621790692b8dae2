{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['event_no', 'event_type'],
    post_hook='{{ note_absorbed() }}'
) }}

{{ latest_versions('stg_marriage__marriage_event', ['event_no', 'event_type'], updated_at='updated_at') }}
