{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['feed', 'visit_no'],
    post_hook='{{ note_absorbed() }}',
    indexes=[
        {'columns': ['delivery_id', 'line_number']},
        {'columns': ['visit_no', 'feed'], 'unique': true},
        {'columns': ['feed', 'line_key']}
    ]
) }}

{{ latest_versions(
    ref('stg_home_visit'),
    ref('stg_deliveries'),
    ref('stg_rejected_keys'),
    key=['visit_no']
) }}
