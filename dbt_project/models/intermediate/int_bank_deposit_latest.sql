{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['feed', 'query_no', 'stated_id_number', 'bank', 'account_key'],
    post_hook='{{ note_absorbed() }}',
    indexes=[
        {'columns': ['delivery_id', 'line_number']},
        {'columns': ['query_no', 'stated_id_number', 'bank', 'account_key', 'feed'], 'unique': true},
        {'columns': ['feed', 'line_key']}
    ]
) }}

{{ latest_versions(
    ref('stg_bank_deposit'),
    ref('stg_deliveries'),
    ref('stg_rejected_keys'),
    key=['query_no', 'stated_id_number', 'bank', 'account_key']
) }}
