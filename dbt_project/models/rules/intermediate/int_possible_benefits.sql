-- int_possible_benefits: benefits drawn on the business date whose person cannot be resolved, by each resident
-- who shares name and division: he or she may be the one who draws it.
with

residents as (select * from {{ ref('resident') }}),

entitlements as (
    select * from {{ ref('entitlement') }}
    where is_active and resident_id is null
),

tekun_households as (
    select * from {{ ref('aid_household') }}
    where is_active and aid_type_code = 'TK'
),

members as (
    select * from {{ ref('aid_household_member') }}
    where resident_id is null and valid_to is null and is_covered is not false
),

unresolved as (
    select
        name,
        division_code,
        benefit_code
    from entitlements
    union
    select
        members.name,
        tekun_households.division_code,
        tekun_households.aid_type_code as benefit_code
    from members
    inner join tekun_households using (aid_household_no)
)

select distinct
    residents.resident_id,
    unresolved.benefit_code
from residents
inner join unresolved on {{ shares_name_and_division('residents', 'unresolved') }}
