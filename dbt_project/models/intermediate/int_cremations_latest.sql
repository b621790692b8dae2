{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['cremation_no'],
    post_hook='{{ note_absorbed() }}',
    indexes=[{'columns': ['delivery_id', 'line_number']}, {'columns': ['cremation_no']}, {'columns': ['key_hash']}]
) }}

{{ latest_versions('stg_funeral__cremation', ['cremation_no']) }}
