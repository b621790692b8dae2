-- What other offices tell of people (人员状态): at school, in prison, in the army and so on, from day to day.
with

closings as (select * from {{ ref('int_closings') }}),

statuses as (
    select * from {{ ref('int_person_status_latest') }} as records
    where {{ stands('records') }}
)

select
    statuses.status_no,
    persons.resident_id,
    statuses.name,
    statuses.person_status,
    statuses.started_on,
    statuses.ended_on,
    statuses.detail,
    statuses.delivery_id,
    statuses.line_number
from statuses
left join {{ ref('person_mention') }} as persons
    on {{ is_named_in('persons', 'statuses', 'person') }}
