-- A03: one person has two cremation registrations. A line delivered again keeps its number
-- and is one registration. The relief of every registration after the first was paid twice.
with

cremations as (
    select
        *,
        row_number() over (
            partition by resident_id order by cremated_on, died_on, cremation_no
        ) as registration_number
    from {{ ref('cremation') }}
),

residents as (select * from {{ ref('resident') }}),

people as (
    select
        resident_id,
        case when resident_id is null then cremation_no end as cremation_no,
        count(*) as registration_count,
        min(case when registration_number = 2 then coalesce(cremated_on, died_on) end) as first_on,
        max(coalesce(cremated_on, died_on)) as last_on,
        sum(case when registration_number > 1 then relief_yuan end) as amount_yuan,
        {{ json_collect(source_line(none, "'cremation'"), 'registration_number') }} as sources
    from cremations
    group by resident_id, case when resident_id is null then cremation_no end
),

judged as (
    select
        people.*,
        people.resident_id is not null and people.registration_count > 1 as is_hit,
        {{ why_not_assessable('people.resident_id', ['cremation']) }} as reason
    from people
)

select
    judged.resident_id as subject_resident_id,
    null::text as aid_household_no,
    residents.division_code,
    case when judged.is_hit then judged.first_on end as first_on,
    case when judged.is_hit then judged.last_on end as last_on,
    {{ outcome('judged.is_hit', 'judged.reason') }} as outcome,
    case when judged.is_hit then judged.amount_yuan end::numeric(14, 2) as amount_yuan,
    case
        when judged.is_hit then {{ evidence({
            'registration_count': 'judged.registration_count',
            'died_on': 'residents.died_on',
        }, ['judged.sources']) }}
        when judged.reason is not null then {{ evidence({
            'reason': 'judged.reason',
            'cremation_no': 'judged.cremation_no',
        }, ['judged.sources']) }}
    end as evidence
from judged
left join residents using (resident_id)
