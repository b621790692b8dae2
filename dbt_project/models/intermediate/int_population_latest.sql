{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['stated_id_number'],
    post_hook='{{ note_absorbed() }}',
    indexes=[{'columns': ['delivery_id', 'line_number']}, {'columns': ['stated_id_number']}, {'columns': ['key_hash']}]
) }}

{{ latest_versions('stg_register__population', ['stated_id_number']) }}
