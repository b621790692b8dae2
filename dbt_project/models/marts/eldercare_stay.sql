-- Stays in eldercare institutions (养老机构入住).
with

closings as (select * from {{ ref('int_closings') }}),

stays as (
    select * from {{ ref('int_stay_latest') }} as records
    where {{ stands('records') }}
)

select
    stays.stay_no,
    residents.resident_id,
    stays.name,
    stays.institution_code,
    stays.bed_code,
    stays.entered_on,
    stays.left_on,
    stays.ability_level,
    stays.fee_source,
    stays.delivery_id,
    stays.line_number
from stays
left join {{ ref('person_mention') }} as residents
    on {{ is_named_in('residents', 'stays', 'resident') }}
