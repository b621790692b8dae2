-- int_possible_deaths: deaths whose person cannot be resolved, by each resident who shares name and division:
-- he or she may be the one who died; and those of somebody known whose day nobody tells.
with

residents as (select * from {{ ref('resident') }}),

deaths as (
    select * from {{ ref('int_deaths') }}
    where resident_id is null
)

select
    residents.resident_id,
    deaths.feed,
    deaths.died_on,
    deaths.division_code,
    deaths.delivery_id,
    deaths.line_number,
    deaths.position,
    false as is_day_unknown
from residents
inner join deaths on {{ shares_name_and_division('residents', 'deaths') }}

union all

select
    residents.resident_id,
    deaths.feed,
    null::date,
    deaths.division_code,
    deaths.delivery_id,
    deaths.line_number,
    deaths.position,
    true
from residents
inner join {{ ref('int_deaths') }} as deaths using (resident_id)
where deaths.died_on is null and residents.died_on is null
