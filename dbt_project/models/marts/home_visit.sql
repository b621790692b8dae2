-- Visits of services at home (居家上门服务).
with

closings as (select * from {{ ref('int_closings') }}),

visits as (
    select * from {{ ref('int_home_visit_latest') }} as records
    where {{ stands('records') }}
)

select
    visits.visit_no,
    persons.resident_id,
    visits.name,
    visits.visited_at,
    visits.minutes,
    visits.service_code,
    visits.fee_yuan,
    visits.provider,
    visits.delivery_id,
    visits.line_number
from visits
left join {{ ref('person_mention') }} as persons
    on {{ is_named_in('persons', 'visits', 'person') }}
