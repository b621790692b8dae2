{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['entitlement_no'],
    post_hook='{{ note_absorbed() }}'
) }}

{{ latest_versions('stg_assistance__entitlement', ['entitlement_no']) }}
