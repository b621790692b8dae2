{{ config(
    post_hook='{{ note_absorbed() }}',
    indexes=[{'columns': ['delivery_id', 'line_number']}, {'columns': ['card_no']}]
) }}

with

delivered as ({{ delivered_lines(source('raw', 'disability_card'), ref('stg_deliveries')) }})

select
    -- keys
    upper(clean.identifier(card_no)) as card_no,
    {{ person('left(clean.compact(card_no), 18)', 'name') }},

    clean.compact(disability_category) as disability_category,
    substring(clean.compact(disability_level) from '^[1-4]$')::smallint as disability_level,
    clean.date(issued_on) as issued_on,
    {{ end_date('valid_until') }} as valid_until,
    clean.compact(status) as status,
    false as is_revoked,

    -- lineage
    {{ lineage() }}
from delivered
