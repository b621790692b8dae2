-- A03: one person has two cremation registrations. A line delivered again keeps its number
-- and is one registration. The relief of every registration after the first was paid twice.
with

source_freshness_by_division as (select * from {{ ref('source_freshness_by_division') }}),

cremations as (
    select
        *,
        row_number() over (
            partition by resident_id order by cremated_on nulls last, died_on nulls last, cremation_no
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

-- A registration whose person cannot be resolved may be the second one of a namesake.
namesakes as (
    select distinct residents.resident_id
    from residents
    inner join cremations on {{ shares_name_and_division('residents', 'cremations', 'deceased_name') }}
    where cremations.resident_id is null
),

judged as (
    select
        people.*,
        null::text as aid_household_no,
        residents.division_code,
        residents.died_on,
        people.resident_id is not null and people.registration_count > 1 as is_hit,
        coalesce(
            {{ why_not_assessable('people.resident_id', ['cremation'], 'residents.division_code') }},
            case when namesakes.resident_id is not null then 'unresolved_namesake' end
        ) as reason
    from people
    left join residents using (resident_id)
    left join namesakes on people.resident_id = namesakes.resident_id
)

{{ subject_findings(
    facts={'registration_count': 'registration_count', 'died_on': 'died_on'},
    sources=['sources'],
    first_on='first_on',
    last_on='last_on',
    amount_yuan='amount_yuan',
    unknown={'cremation_no': 'cremation_no'}
) }}
