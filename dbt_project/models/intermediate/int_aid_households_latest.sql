{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['aid_household_no'],
    post_hook='{{ note_absorbed() }}',
    indexes=[
        {'columns': ['delivery_id', 'line_number']},
        {'columns': ['aid_household_no'], 'unique': true},
        {'columns': ['key_hash']}
    ]
) }}

{{ latest_versions(
    ref('stg_assistance__aid_household'),
    ref('stg_deliveries'),
    ref('stg_rejected_keys'),
    feed='aid_household',
    key=['aid_household_no'], updated_at='updated_at'
) }}
