-- A02: a stay in an institution is still open, or was closed more than the days of grace, after death.
with

source_freshness_by_division as (select * from {{ ref('source_freshness_by_division') }}),

rule_parameter as (select * from {{ ref('rule_parameter') }}),

stays as (select * from {{ ref('eldercare_stay') }}),

residents as (select * from {{ ref('resident') }}),

-- A death whose person cannot be resolved may be that of somebody in care.
namesakes as (
    select distinct stays.stay_no
    from stays
    inner join residents on stays.resident_id = residents.resident_id and residents.died_on is null
    inner join {{ ref('int_possible_deaths') }} as deaths on stays.resident_id = deaths.resident_id
    where
        deaths.died_on >= stays.entered_on
        and coalesce(stays.left_on, {{ business_date() }})
        > deaths.died_on + {{ rule_parameter('a02', 'grace_days', 'residents.division_code') }}::int
),

undated_deaths as (
    select distinct resident_id from {{ ref('int_possible_deaths') }}
    where is_day_unknown
),

judged as (
    select
        stays.*,
        residents.died_on,
        residents.division_code,
        coalesce(
            coalesce(stays.left_on, {{ business_date() }})
            > residents.died_on + {{ rule_parameter('a02', 'grace_days', 'residents.division_code') }}::int,
            false
        ) as is_hit,
        coalesce(
            {{ why_not_assessable(
                'stays.resident_id', ['stay', 'population', 'cremation'], 'residents.division_code'
            ) }},
            case
                when undated_deaths.resident_id is not null then 'death_date_unknown'
                when namesakes.stay_no is not null then 'unresolved_namesake'
            end
        ) as reason
    from stays
    left join residents using (resident_id)
    left join namesakes using (stay_no)
    left join undated_deaths using (resident_id)
),

-- What is told of somebody are the stays that outlast death.
people as (
    select
        resident_id,
        null::text as aid_household_no,
        case when resident_id is null then stay_no end as stay_no,
        max(division_code) as division_code,
        max(died_on) as died_on,
        max(is_hit::int) = 1 as is_hit,
        max(reason) as reason,
        sum(is_hit::int) as stay_count,
        -- No day while one of them is open.
        case when bool_and(left_on is not null or not is_hit) then max(case when is_hit then left_on end) end
            as left_on,
        {{ json_collect('case when is_hit then ' ~ source_line(none, "'stay'") ~ ' end', 'stay_no') }} as sources
    from judged
    group by resident_id, case when resident_id is null then stay_no end
),

told as (
    select
        people.*,
        residents.death_feed,
        {{ source_line('residents', 'residents.death_feed', 'death_') }} as death_source
    from people
    left join residents using (resident_id)
)

{{ subject_findings(
    judged='told',
    facts={
        'died_on': 'died_on',
        'left_on': 'left_on',
        'stay_count': 'stay_count',
        'death_source': 'death_feed',
    },
    sources=['sources', 'death_source'],
    first_on='died_on',
    last_on='left_on',
    unknown={'stay_no': 'stay_no'}
) }}
