{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['feed', 'aid_no'],
    post_hook='{{ note_absorbed() }}',
    indexes=[
        {'columns': ['delivery_id', 'line_number']},
        {'columns': ['aid_no', 'feed'], 'unique': true},
        {'columns': ['feed', 'line_key']}
    ]
) }}

{{ latest_versions(
    ref('stg_aid_by_others'),
    ref('stg_deliveries'),
    ref('stg_rejected_keys'),
    key=['aid_no']
) }}
