{{ config(
    post_hook='{{ note_absorbed() }}',
    indexes=[{'columns': ['delivery_id', 'line_number']}, {'columns': ['temporary_aid_no']}]
) }}

with

delivered as ({{ delivered_lines(source('raw', 'temporary_aid'), ref('stg_deliveries')) }})

select
    -- keys
    clean.identifier(temporary_aid_no) as temporary_aid_no,
    {{ person('id_number', 'name') }},

    clean.compact(aid_kind) as aid_kind,
    clean.date(applied_on) as applied_on,
    clean.date(paid_on) as paid_on,
    clean.yuan(amount_yuan)::numeric(14, 2) as amount_yuan,
    trim(reason) as reason,
    left(clean.division(division_code), 6) as division_code,
    false as is_revoked,

    -- lineage
    {{ lineage() }}
from delivered
