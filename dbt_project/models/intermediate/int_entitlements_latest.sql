{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['entitlement_no'],
    post_hook='{{ note_absorbed() }}',
    indexes=[{'columns': ['delivery_id', 'line_number']}, {'columns': ['entitlement_no']}, {'columns': ['key_hash']}]
) }}

{{ latest_versions('stg_assistance__entitlement', ['entitlement_no']) }}
