{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['temporary_aid_no'],
    post_hook='{{ note_absorbed() }}'
) }}

{{ latest_versions('stg_assistance__temporary_aid', ['temporary_aid_no']) }}
