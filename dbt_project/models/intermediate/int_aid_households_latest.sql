{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['aid_household_no'],
    post_hook='{{ note_absorbed() }}'
) }}

{{ latest_versions('stg_assistance__aid_household', ['aid_household_no'], updated_at='updated_at') }}
