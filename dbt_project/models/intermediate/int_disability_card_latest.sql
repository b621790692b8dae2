{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['feed', 'card_no'],
    post_hook='{{ note_absorbed() }}',
    indexes=[
        {'columns': ['delivery_id', 'line_number']},
        {'columns': ['card_no', 'feed'], 'unique': true},
        {'columns': ['feed', 'line_key']}
    ]
) }}

{{ latest_versions(
    ref('stg_disability_card'),
    ref('stg_deliveries'),
    ref('stg_rejected_keys'),
    key=['card_no']
) }}
