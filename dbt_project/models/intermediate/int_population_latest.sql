{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['stated_id_number'],
    post_hook='{{ note_absorbed() }}',
    indexes=[
        {'columns': ['delivery_id', 'line_number']},
        {'columns': ['stated_id_number'], 'unique': true},
        {'columns': ['key_hash']}
    ]
) }}

{{ latest_versions(
    ref('stg_register__population'),
    ref('stg_deliveries'),
    ref('stg_rejected_keys'),
    feed='population',
    key=['stated_id_number']
) }}
