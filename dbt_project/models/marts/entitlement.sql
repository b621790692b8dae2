-- Personal benefits (个人待遇) as last reported.
with

entitlements as (select * from {{ current_records('int_entitlements_latest', 'entitlement') }} as records)

select
    entitlements.entitlement_no,
    entitlements.benefit_code,
    persons.resident_id,
    entitlements.name,
    entitlements.id_number_note,
    entitlements.division_code,
    entitlements.started_on,
    entitlements.ended_on,
    entitlements.account_no,
    entitlements.started_on <= {{ business_date() }}
    and (entitlements.ended_on is null or entitlements.ended_on > {{ business_date() }}) as is_active,
    entitlements.delivery_id,
    entitlements.line_number
from entitlements
{{ join_resident('persons', 'entitlements', "'person'") }}
