{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['temporary_aid_no'],
    post_hook='{{ note_absorbed() }}',
    indexes=[{'columns': ['delivery_id', 'line_number']}, {'columns': ['temporary_aid_no']}, {'columns': ['key_hash']}]
) }}

{{ latest_versions('stg_assistance__temporary_aid', ['temporary_aid_no']) }}
