-- Temporary aid (临时救助) granted.
with

closings as (select * from {{ ref('int_closings') }}),

aids as (
    select * from {{ ref('int_temporary_aid_latest') }} as records
    where {{ stands('records') }}
)

select
    aids.temporary_aid_no,
    aids.aid_kind,
    persons.resident_id,
    aids.applied_on,
    aids.paid_on,
    aids.amount_yuan,
    aids.reason,
    aids.division_code,
    aids.delivery_id,
    aids.line_number
from aids
left join {{ ref('person_mention') }} as persons
    on {{ is_named_in('persons', 'aids', 'person') }}
