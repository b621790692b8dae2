{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['temporary_aid_no'],
    post_hook='{{ note_absorbed() }}',
    indexes=[
        {'columns': ['delivery_id', 'line_number']},
        {'columns': ['temporary_aid_no'], 'unique': true},
        {'columns': ['key_hash']}
    ]
) }}

{{ latest_versions(
    ref('stg_assistance__temporary_aid'),
    ref('stg_deliveries'),
    ref('stg_rejected_keys'),
    feed='temporary_aid',
    key=['temporary_aid_no']
) }}
