{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['feed', 'aid_household_no'],
    post_hook='{{ note_absorbed() }}',
    indexes=[
        {'columns': ['delivery_id', 'line_number']},
        {'columns': ['aid_household_no', 'feed'], 'unique': true},
        {'columns': ['feed', 'line_key']}
    ]
) }}

{{ latest_versions(
    ref('stg_aid_household'),
    ref('stg_deliveries'),
    ref('stg_rejected_keys'),
    key=['aid_household_no']
) }}
