{{ config(post_hook='{{ note_absorbed() }}', indexes=staged_indexes('expense_no')) }}

with

delivered as ({{ delivered(source('input', 'expense_record'), ref('stg_deliveries')) }})

select
    -- keys
    {{ numbered('expense_no') }} as expense_no,
    {{ person('id_number', 'name') }},

    expense_kind,
    spent_on,
    amount_yuan::numeric(14, 2) as amount_yuan,
    payee,

    -- lineage
    {{ lineage() }}
from delivered
