{{ config(post_hook='{{ note_absorbed() }}', indexes=staged_indexes('query_no', 'stated_id_number')) }}

with

delivered as ({{ delivered(source('input', 'bank_deposit'), ref('stg_deliveries')) }})

select
    -- keys
    {{ numbered('query_no') }} as query_no,
    {{ person('id_number', 'name') }},
    {{ sender_key('id_number', 'name') }} as stated_id_number,
    bank,
    -- Null: the bank has answered that there is none.
    account_no,
    coalesce(account_no, '') as account_key,

    balance_yuan::numeric(14, 2) as balance_yuan,
    as_of_on,

    -- lineage
    {{ lineage() }}
from delivered
