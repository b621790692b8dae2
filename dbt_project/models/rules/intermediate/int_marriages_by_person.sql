-- int_marriages_by_person: each registered marriage once for the husband and once for the wife. A revoked one
-- never was.
with

spells as (
    select
        *,
        {{ source_line(none, "'marriage_event'") }} as source_line,
        {{ source_line(none, 'ended_feed', 'ended_') }} as ended_source_line
    from {{ ref('marriage_spell') }}
    where ended_by is distinct from 'revoked'
)

select
    certificate_no,
    'husband' as side,
    husband_resident_id as resident_id,
    husband_name as name,
    wife_resident_id as spouse_resident_id,
    wife_name as spouse_name,
    registered_on,
    ended_on,
    ended_by,
    source_line,
    ended_source_line
from spells

union all

select
    certificate_no,
    'wife' as side,
    wife_resident_id as resident_id,
    wife_name as name,
    husband_resident_id as spouse_resident_id,
    husband_name as spouse_name,
    registered_on,
    ended_on,
    ended_by,
    source_line,
    ended_source_line
from spells
