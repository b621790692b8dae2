-- Stays in eldercare institutions (养老机构入住).
with

stays as (select * from {{ current_records('int_stays_latest', 'stay') }} as records)

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
{{ join_resident('residents', 'stays', "'resident'") }}
