{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['cremation_no'],
    post_hook='{{ note_absorbed() }}',
    indexes=[
        {'columns': ['delivery_id', 'line_number']},
        {'columns': ['cremation_no'], 'unique': true},
        {'columns': ['key_hash']}
    ]
) }}

{{ latest_versions(
    ref('stg_funeral__cremation'),
    ref('stg_deliveries'),
    ref('stg_rejected_keys'),
    feed='cremation',
    key=['cremation_no']
) }}
