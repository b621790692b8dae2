{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['feed', 'temporary_aid_no'],
    post_hook='{{ note_absorbed() }}',
    indexes=[
        {'columns': ['delivery_id', 'line_number']},
        {'columns': ['temporary_aid_no', 'feed'], 'unique': true},
        {'columns': ['feed', 'line_key']}
    ]
) }}

{{ latest_versions(
    ref('stg_temporary_aid'),
    ref('stg_deliveries'),
    ref('stg_rejected_keys'),
    key=['temporary_aid_no']
) }}
