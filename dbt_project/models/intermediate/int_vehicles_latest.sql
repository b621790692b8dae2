{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['plate_no'],
    post_hook='{{ note_absorbed() }}'
) }}

{{ latest_versions('stg_shared__vehicle', ['plate_no']) }}
