{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['company_no'],
    post_hook='{{ note_absorbed() }}',
    indexes=[
        {'columns': ['delivery_id', 'line_number']},
        {'columns': ['company_no'], 'unique': true},
        {'columns': ['key_hash']}
    ]
) }}

{{ latest_versions(
    ref('stg_shared__company'),
    ref('stg_deliveries'),
    ref('stg_rejected_keys'),
    feed='company',
    key=['company_no']
) }}
