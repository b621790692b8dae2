{% set head_first = ['address is null', "kin = 'head' desc", 'valid_from', 'resident_id'] %}

-- Household books (户口簿) with somebody in them on the business date. Where a book is, its head says, or who has been
-- in it longest: division and address are of one line.
with

open_members as (
    select
        members.household_no,
        members.resident_id,
        members.valid_from,
        coalesce(kinship.kin, '') as kin,
        population.division_code,
        population.address
    from {{ ref('registered_household_member') }} as members
    inner join {{ ref('int_population_latest') }} as population using (delivery_id, line_number, position)
    left join {{ ref('kinship') }} as kinship on members.relation_code = kinship.relation_code
    where members.valid_to is null
)

select
    household_no,
    {{ first_by('division_code', head_first) }} as division_code,
    {{ first_by('address', head_first) }} as address,
    count(*) as member_count
from open_members
group by household_no
