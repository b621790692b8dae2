-- Personal benefits (个人待遇) as last reported.
with

closings as (select * from {{ ref('int_closings') }}),

entitlements as (
    select * from {{ ref('int_entitlement_latest') }} as records
    where {{ stands('records') }}
)

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
    -- Its last day is one of it.
    and (entitlements.ended_on is null or entitlements.ended_on >= {{ business_date() }}) as is_active,
    entitlements.delivery_id,
    entitlements.line_number
from entitlements
left join {{ ref('person_mention') }} as persons
    on {{ is_named_in('persons', 'entitlements', 'person') }}
