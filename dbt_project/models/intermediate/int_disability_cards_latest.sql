{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['card_no'],
    post_hook='{{ note_absorbed() }}',
    indexes=[
        {'columns': ['delivery_id', 'line_number']},
        {'columns': ['card_no'], 'unique': true},
        {'columns': ['key_hash']}
    ]
) }}

{{ latest_versions(
    ref('stg_shared__disability_card'),
    ref('stg_deliveries'),
    ref('stg_rejected_keys'),
    feed='disability_card',
    key=['card_no']
) }}
