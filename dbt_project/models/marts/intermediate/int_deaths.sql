-- int_deaths: one row per record that tells of a death, of a cremation or of the police register, whether or
-- not its person could be resolved; a line may hold several. A later full register no longer names the dead:
-- its last word holds.
select
    resident_id,
    deceased_name as name,
    division_code,
    'cremation' as feed,
    cremation_no,
    died_on,
    cremated_on,
    delivery_id,
    line_number,
    position
from {{ ref('cremation') }}

union all

select
    links.resident_id,
    population.name,
    population.division_code,
    'population' as feed,
    null as cremation_no,
    population.changed_on as died_on,
    null as cremated_on,
    population.delivery_id,
    population.line_number,
    population.position
from {{ ref('int_population_latest') }} as population
left join {{ ref('person_mention') }} as links
    on {{ is_named_in('links', 'population', 'person') }}
where population.change_type = '死亡' and population.is_revoked is not true
