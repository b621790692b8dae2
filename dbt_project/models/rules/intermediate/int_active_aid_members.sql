-- int_active_aid_members: one row per person in each aid household that is active on the business date. Of
-- several lines about one person a covered one stands before the others, then the first; whoever is not
-- resolved is told apart by the number in the household.
with

households as (
    select * from {{ ref('aid_household') }}
    where is_active
),

members as (
    select * from {{ ref('aid_household_member') }}
    where valid_to is null
),

listed as (
    select
        households.aid_household_no,
        households.aid_type_code,
        households.urban_rural,
        households.division_code,
        households.approved_on,
        households.grace_until,
        members.member_no,
        members.resident_id,
        members.name,
        members.relation,
        members.is_covered is not false as is_covered,
        members.delivery_id,
        members.line_number
    from households
    inner join members using (aid_household_no)
)

{{ distinct_on(
    ['aid_household_no', 'coalesce(resident_id, -member_no)'],
    '*',
    'listed',
    ['is_covered desc', 'member_no']
) }}
