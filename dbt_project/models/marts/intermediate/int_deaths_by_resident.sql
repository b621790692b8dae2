-- One row per dead resident: the crematory's date, else the register's. Only about half of the
-- dead are cremated and the police learn late, so either feed may know alone. A later full
-- register no longer names the dead: the last word on them still holds.
with

closings as (select * from {{ ref('int_closings') }}),

cremations as (
    select * from {{ ref('int_cremation_latest') }} as records
    where {{ stands('records') }}
),

population as (select * from {{ ref('int_population_latest') }}),

deaths as (
    select
        links.resident_id,
        cremations.died_on,
        'cremation' as feed,
        1 as preference,
        cremations.delivery_id,
        cremations.line_number
    from cremations
    inner join {{ ref('person_mention') }} as links using (delivery_id, line_number)
    where links.role = {{ role_in('cremations', 'deceased') }} and cremations.died_on is not null

    union all

    select
        links.resident_id,
        population.changed_on as died_on,
        'population' as feed,
        2 as preference,
        population.delivery_id,
        population.line_number
    from population
    inner join {{ ref('person_mention') }} as links using (delivery_id, line_number)
    where population.is_revoked is not true and links.role = {{ role_in('population', 'person') }} and population.change_type = '死亡' and population.changed_on is not null
),

deaths_of_known as (
    select * from deaths
    where resident_id is not null
)

{{ distinct_on(
    ['resident_id'], '*', 'deaths_of_known',
    ['preference', 'died_on', 'delivery_id', 'line_number']
) }}
