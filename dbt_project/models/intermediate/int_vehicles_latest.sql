{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['plate_no'],
    post_hook='{{ note_absorbed() }}',
    indexes=[{'columns': ['delivery_id', 'line_number']}, {'columns': ['plate_no']}, {'columns': ['key_hash']}]
) }}

{{ latest_versions('stg_shared__vehicle', ['plate_no']) }}
