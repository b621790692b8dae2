{{ config(post_hook='{{ note_absorbed() }}', indexes=staged_indexes('division_code')) }}

with

delivered as ({{ delivered(source('input', 'benefit_standard'), ref('stg_deliveries')) }})

select
    -- keys
    division_code,
    standard_code,

    amount_yuan_per_month::numeric(14, 2) as amount_yuan,
    valid_from,
    {{ unless_open('valid_to') }} as valid_to,

    -- lineage
    {{ lineage() }}
from delivered
