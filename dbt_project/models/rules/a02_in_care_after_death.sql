-- A02: a stay in an institution is still open, or was closed more than the days of grace, after death.
with

stays as (select * from {{ ref('eldercare_stay') }}),

residents as (select * from {{ ref('resident') }}),

-- A death whose person cannot be resolved may be that of somebody in care.
namesakes as (
    select distinct stays.stay_no
    from stays
    inner join residents on stays.resident_id = residents.resident_id and residents.died_on is null
    inner join ({{ possible_deaths() }}) as deaths on stays.resident_id = deaths.resident_id
    where
        deaths.died_on >= stays.entered_on
        and coalesce(stays.left_on, {{ business_date() }})
        > deaths.died_on + {{ rule_parameter('a02', 'grace_days', 'residents.division_code') }}::int
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
            {{ why_not_assessable('stays.resident_id', ['stay', 'population', 'cremation']) }},
            case when namesakes.stay_no is not null then 'unresolved_namesake' end
        ) as reason
    from stays
    left join residents using (resident_id)
    left join namesakes using (stay_no)
),

hits as (
    select
        resident_id,
        max(division_code) as division_code,
        max(died_on) as died_on,
        -- No day while one of the stays is open.
        case when count(*) = count(left_on) then max(left_on) end as left_on,
        count(*) as stay_count,
        {{ json_collect(source_line(none, "'stay'"), 'stay_no') }} as sources
    from judged
    where is_hit
    group by resident_id
),

others as (
    select
        resident_id,
        case when resident_id is null then stay_no end as stay_no,
        max(division_code) as division_code,
        max(reason) as reason
    from judged
    group by resident_id, case when resident_id is null then stay_no end
    having max(is_hit::int) = 0
)

select
    hits.resident_id as subject_resident_id,
    null::text as aid_household_no,
    hits.division_code,
    hits.died_on as first_on,
    hits.left_on as last_on,
    'hit' as outcome,
    null::numeric(14, 2) as amount_yuan,
    {{ evidence({
        'died_on': 'hits.died_on',
        'left_on': 'hits.left_on',
        'stay_count': 'hits.stay_count',
        'death_source': 'residents.death_feed',
    }, ['hits.sources', source_line('residents', 'residents.death_feed', 'death_')]) }} as evidence
from hits
left join residents using (resident_id)
union all
select
    resident_id,
    null,
    division_code,
    null::date,
    null::date,
    {{ outcome('false', 'reason') }},
    null::numeric(14, 2),
    case when reason is not null then {{ evidence({'reason': 'reason', 'stay_no': 'stay_no'}, []) }} end
from others
