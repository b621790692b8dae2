-- Temporary aid (临时救助) granted.
with

aids as (select * from {{ current_records('int_temporary_aids_latest', 'temporary_aid') }} as records)

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
{{ join_resident('persons', 'aids', "'person'") }}
