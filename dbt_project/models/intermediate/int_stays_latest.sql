{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['stay_no'],
    post_hook='{{ note_absorbed() }}',
    indexes=[
        {'columns': ['delivery_id', 'line_number']},
        {'columns': ['stay_no'], 'unique': true},
        {'columns': ['key_hash']}
    ]
) }}

{{ latest_versions(
    ref('stg_eldercare__stay'),
    ref('stg_deliveries'),
    ref('stg_rejected_keys'),
    feed='stay',
    key=['stay_no']
) }}
