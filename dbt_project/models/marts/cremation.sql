-- Cremation registrations (火化登记).
with

closings as (select * from {{ ref('int_closings') }}),

cremations as (
    select * from {{ ref('int_cremation_latest') }} as records
    where {{ stands('records') }}
)

select
    cremations.cremation_no,
    deceased.resident_id,
    cremations.deceased_name,
    cremations.died_on,
    cremations.cremated_on,
    agents.resident_id as agent_resident_id,
    cremations.relief_yuan,
    cremations.division_code,
    cremations.delivery_id,
    cremations.line_number,
    cremations.position
from cremations
left join {{ ref('person_mention') }} as deceased
    on {{ is_named_in('deceased', 'cremations', 'deceased') }}
left join {{ ref('person_mention') }} as agents
    on {{ is_named_in('agents', 'cremations', 'agent') }}
