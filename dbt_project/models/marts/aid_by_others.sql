-- Aid that other offices and organizations gave (其他救助).
with

closings as (select * from {{ ref('int_closings') }}),

aids as (
    select * from {{ ref('int_aid_by_others_latest') }} as records
    where {{ stands('records') }}
)

select
    aids.aid_no,
    persons.resident_id,
    aids.name,
    aids.aid_kind,
    aids.paid_on,
    aids.amount_yuan,
    aids.provider,
    aids.delivery_id,
    aids.line_number
from aids
left join {{ ref('person_mention') }} as persons
    on {{ is_named_in('persons', 'aids', 'person') }}
