{{ config(post_hook='{{ note_absorbed() }}') }}

with

delivered as ({{ delivered_lines(source('raw', 'benefit_standard'), ref('stg_deliveries')) }})

select
    -- keys
    clean.division(division_code) as division_code,
    clean.compact(standard_code) as standard_code,

    clean.yuan(amount_yuan_per_month)::numeric(14, 2) as amount_yuan,
    clean.date(valid_from) as valid_from,
    {{ end_date('valid_to') }} as valid_to,
    false as is_revoked,

    -- lineage
    {{ lineage() }}
from delivered
