{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['cremation_no'],
    post_hook='{{ note_absorbed() }}'
) }}

{{ latest_versions('stg_funeral__cremation', ['cremation_no']) }}
