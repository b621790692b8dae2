{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['entitlement_no'],
    post_hook='{{ note_absorbed() }}',
    indexes=[
        {'columns': ['delivery_id', 'line_number']},
        {'columns': ['entitlement_no'], 'unique': true},
        {'columns': ['key_hash']}
    ]
) }}

{{ latest_versions(
    ref('stg_assistance__entitlement'),
    ref('stg_deliveries'),
    ref('stg_rejected_keys'),
    feed='entitlement',
    key=['entitlement_no']
) }}
