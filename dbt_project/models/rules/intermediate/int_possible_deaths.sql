-- int_possible_deaths: deaths whose person cannot be resolved, by each resident who shares name and division:
-- he or she may be the one who died.
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
    deaths.position
from residents
inner join deaths on {{ shares_name_and_division('residents', 'deaths') }}
