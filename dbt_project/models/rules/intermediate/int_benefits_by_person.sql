-- int_benefits_by_person: which benefits a resident draws on the business date, or drew and until when:
-- personal ones, and tekun (TK), which a household draws for its covered members.
with

entitlements as (select * from {{ ref('entitlement') }}),

tekun_households as (
    select * from {{ ref('aid_household') }}
    where aid_type_code = 'TK'
),

covered_members as (
    select * from {{ ref('aid_household_member') }}
    where is_covered is not false
),

benefits as (
    select
        resident_id,
        benefit_code,
        is_active,
        ended_on
    from entitlements
    union all
    select
        covered_members.resident_id,
        tekun_households.aid_type_code as benefit_code,
        tekun_households.is_active and covered_members.valid_to is null as is_active,
        coalesce(covered_members.valid_to, tekun_households.aided_until) as ended_on
    from tekun_households
    inner join covered_members using (aid_household_no)
)

select
    resident_id,
    benefit_code,
    max(is_active::int) = 1 as is_active,
    max(ended_on) as ended_on
from benefits
where resident_id is not null
group by resident_id, benefit_code
