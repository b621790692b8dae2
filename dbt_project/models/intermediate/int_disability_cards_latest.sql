{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['card_no'],
    post_hook='{{ note_absorbed() }}'
) }}

{{ latest_versions('stg_shared__disability_card', ['card_no']) }}
