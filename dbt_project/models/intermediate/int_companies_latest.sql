{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['company_no'],
    post_hook='{{ note_absorbed() }}'
) }}

{{ latest_versions('stg_shared__company', ['company_no']) }}
