{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['payment_no'],
    post_hook='{{ note_absorbed() }}',
    indexes=[{'columns': ['delivery_id', 'line_number']}, {'columns': ['payment_no']}, {'columns': ['case_no']}, {'columns': ['key_hash']}]
) }}

{{ latest_versions('stg_assistance__payment', ['payment_no']) }}
