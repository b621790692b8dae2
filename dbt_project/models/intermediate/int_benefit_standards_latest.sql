{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['division_code', 'standard_code', 'valid_from'],
    post_hook='{{ note_absorbed() }}',
    indexes=[{'columns': ['division_code', 'standard_code', 'valid_from'], 'unique': true}, {'columns': ['key_hash']}]
) }}

{{ latest_versions(
    ref('stg_reference__benefit_standard'),
    ref('stg_deliveries'),
    ref('stg_rejected_keys'),
    feed='benefit_standard',
    key=['division_code', 'standard_code', 'valid_from']
) }}
