{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['unit_no', 'stated_id_number'],
    post_hook='{{ note_absorbed() }}'
) }}

{{ latest_versions('stg_shared__real_estate', ['unit_no', 'stated_id_number']) }}
