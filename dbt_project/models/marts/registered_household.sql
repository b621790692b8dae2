-- Household books (户口簿) with somebody in them on the business date.
with

members as (select * from {{ ref('registered_household_member') }}),

population as (select * from {{ ref('int_population_latest') }}),

open_members as (select * from members where valid_to is null)

select
    open_members.household_no,
    min(population.division_code) as division_code,
    min(population.address) as address,
    count(*) as member_count
from open_members
inner join population using (delivery_id, line_number, position)
group by open_members.household_no
