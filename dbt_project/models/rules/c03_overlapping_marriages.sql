-- C03: two registered marriages of one person with different partners overlap in time: a
-- conflict of registrations to be checked, never an allegation. A first marriage ended by
-- death or divorce does not overlap, however late that record came; a revoked one never was.
with

spells as (
    select
        husband_resident_id as resident_id,
        wife_resident_id as partner_resident_id,
        wife_name as partner_name,
        certificate_no,
        registered_on,
        ended_on,
        {{ source_line(none, "'marriage_event'") }} as source_line
    from {{ ref('marriage_spell') }}
    where ended_by is distinct from 'revoked'
    union all
    select
        wife_resident_id,
        husband_resident_id,
        husband_name,
        certificate_no,
        registered_on,
        ended_on,
        {{ source_line(none, "'marriage_event'") }}
    from {{ ref('marriage_spell') }}
    where ended_by is distinct from 'revoked'
),

residents as (select * from {{ ref('resident') }}),

overlapping as (
    select
        later.resident_id,
        later.registered_on,
        max(least(earlier.ended_on, later.ended_on)) as ended_on,
        max(earlier.registered_on) as earlier_registered_on,
        {{ json_collect(json_list(['earlier.source_line', 'later.source_line']), 'earlier.certificate_no') }} as sources
    from spells as later
    inner join spells as earlier
        on
            later.resident_id = earlier.resident_id
            and (earlier.registered_on, earlier.certificate_no) < (later.registered_on, later.certificate_no)
            and later.registered_on < coalesce(earlier.ended_on, 'infinity')
    where
        coalesce(later.partner_resident_id <> earlier.partner_resident_id, true)
        and coalesce(later.partner_name <> earlier.partner_name, true)
    group by later.resident_id, later.registered_on
),

people as (
    select
        resident_id,
        case when resident_id is null then certificate_no end as certificate_no,
        {{ json_collect('source_line', 'certificate_no') }} as sources
    from spells
    group by resident_id, case when resident_id is null then certificate_no end
),

judged as (
    select
        people.*,
        residents.division_code,
        {{ why_not_assessable('people.resident_id', ['marriage_event']) }} as reason
    from people
    left join residents using (resident_id)
)

select
    judged.resident_id as subject_resident_id,
    null::text as aid_household_no,
    judged.division_code,
    overlapping.registered_on as first_on,
    overlapping.ended_on as last_on,
    {{ outcome('overlapping.registered_on is not null', 'judged.reason') }} as outcome,
    null::numeric(14, 2) as amount_yuan,
    case
        when overlapping.registered_on is not null then {{ evidence({
            'registered_on': 'overlapping.registered_on',
            'earlier_registered_on': 'overlapping.earlier_registered_on',
        }, ['overlapping.sources']) }}
        when judged.reason is not null then {{ evidence({
            'reason': 'judged.reason',
            'certificate_no': 'judged.certificate_no',
        }, ['judged.sources']) }}
    end as evidence
from judged
left join overlapping using (resident_id)
