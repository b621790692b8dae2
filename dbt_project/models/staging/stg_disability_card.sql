{{ config(post_hook='{{ note_absorbed() }}', indexes=staged_indexes('card_no')) }}

with

delivered as ({{ delivered(source('input', 'disability_card'), ref('stg_deliveries')) }})

select
    -- keys
    upper(card_no) as card_no,
    {{ person('id_number', 'name') }},

    disability_category,
    case when disability_level in ('1', '2', '3', '4') then disability_level::smallint end as disability_level,
    issued_on,
    {{ unless_open('valid_until') }} as valid_until,
    status,
    status_changed_on,

    -- lineage
    {{ lineage() }}
from delivered
