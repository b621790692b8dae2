-- Cremation registrations (火化登记).
with

cremations as (select * from {{ current_records('int_cremations_latest', 'cremation') }} as records)

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
    cremations.line_number
from cremations
{{ join_resident('deceased', 'cremations', "'deceased'") }}
{{ join_resident('agents', 'cremations', "'agent'") }}
