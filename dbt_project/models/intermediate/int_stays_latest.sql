{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['stay_no'],
    post_hook='{{ note_absorbed() }}'
) }}

{{ latest_versions('stg_eldercare__stay', ['stay_no']) }}
