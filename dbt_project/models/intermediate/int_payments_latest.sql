{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['payment_no'],
    post_hook='{{ note_absorbed() }}',
    indexes=[
        {'columns': ['delivery_id', 'line_number']},
        {'columns': ['payment_no'], 'unique': true},
        {'columns': ['case_no']},
        {'columns': ['key_hash']}
    ]
) }}

{{ latest_versions(
    ref('stg_assistance__payment'),
    ref('stg_deliveries'),
    ref('stg_rejected_keys'),
    feed='payment',
    key=['payment_no']
) }}
