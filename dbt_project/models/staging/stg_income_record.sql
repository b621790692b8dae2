{{ config(post_hook='{{ note_absorbed() }}', indexes=staged_indexes('income_no')) }}

with

delivered as ({{ delivered(source('input', 'income_record'), ref('stg_deliveries')) }})

select
    -- keys
    {{ numbered('income_no') }} as income_no,
    {{ person('id_number', 'name') }},

    income_kind,
    income_month,
    coalesce(months, 1)::integer as months,
    amount_yuan::numeric(14, 2) as amount_yuan,
    payer,

    -- lineage
    {{ lineage() }}
from delivered
