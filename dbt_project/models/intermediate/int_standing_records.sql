{{ config(materialized='view') }}

-- int_standing_records: where each record that stands was told, for whoever asks of all kinds alike.
with

closings as (select * from {{ ref('int_closings') }})

{% for record in canonical_records() if not record.part_of -%}
select
    '{{ record.name }}' as record,
    records.feed,
    records.delivery_id,
    records.line_number,
    records.position
from {{ ref(record.latest) }} as records
where {{ stands('records') }}
{% if not loop.last %}union all
{% endif -%}
{% endfor %}
