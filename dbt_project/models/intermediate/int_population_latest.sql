{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['stated_id_number'],
    post_hook='{{ note_absorbed() }}'
) }}

{{ latest_versions('stg_register__population', ['stated_id_number']) }}
