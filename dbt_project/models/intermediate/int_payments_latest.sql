{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['payment_no'],
    post_hook='{{ note_absorbed() }}'
) }}

{{ latest_versions('stg_assistance__payment', ['payment_no']) }}
