{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['division_code', 'standard_code', 'valid_from'],
    post_hook='{{ note_absorbed() }}',
    indexes=[{'columns': ['key_hash']}]
) }}

{{ latest_versions('stg_reference__benefit_standard', ['division_code', 'standard_code', 'valid_from']) }}
