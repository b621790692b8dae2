-- A05: what the crematories and the police register say about one death differs by more than the
-- days of tolerance, or the cremation came before the death.
with

source_freshness_by_division as (select * from {{ ref('source_freshness_by_division') }}),

rule_parameter as (select * from {{ ref('rule_parameter') }}),

deaths as (
    select
        *,
        {{ source_line(none, 'feed') }} as source
    from {{ ref('int_deaths') }}
),

people as (
    select
        resident_id,
        case when resident_id is null then cremation_no end as cremation_no,
        max(division_code) as division_code,
        min(died_on) as first_on,
        max(died_on) as last_on,
        max(died_on) - min(died_on) as day_count,
        min(case when cremated_on < died_on then cremated_on end) as cremated_before_on,
        count(*) - count(died_on) as undated_count,
        {{ json_collect('source', 'feed, died_on, cremation_no') }} as sources
    from deaths
    group by resident_id, case when resident_id is null then cremation_no end
),

-- A death whose person cannot be resolved may be the same one under another date.
namesakes as (
    select distinct residents.resident_id
    from {{ ref('resident') }} as residents
    inner join deaths on {{ shares_name_and_division('residents', 'deaths') }}
    where deaths.resident_id is null
),

judged as (
    select
        people.*,
        null::text as aid_household_no,
        people.resident_id is not null
        and coalesce(
            people.day_count > {{ rule_parameter('a05', 'max_days', 'people.division_code') }}
            or people.cremated_before_on is not null,
            false
        ) as is_hit,
        coalesce(
            {{ why_not_assessable('people.resident_id', ['cremation', 'population'], 'people.division_code') }},
            case
                when people.undated_count > 0 then 'death_date_unknown'
                when namesakes.resident_id is not null then 'unresolved_namesake'
            end
        ) as reason
    from people
    left join namesakes using (resident_id)
)

{{ subject_findings(
    facts={
        'earliest_died_on': 'first_on',
        'latest_died_on': 'last_on',
        'day_count': 'day_count',
        'cremated_on': 'cremated_before_on',
    },
    sources=['sources'],
    first_on='least(first_on, cremated_before_on)',
    last_on='last_on',
    unknown={'cremation_no': 'cremation_no'}
) }}
