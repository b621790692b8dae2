-- int_households: households of the three kinds on the business date, and the division and settlement
-- whose standard applies: as declared for an aid household, else where the head is registered; none where
-- the settlement is not told.
with

members as (select * from {{ ref('int_household_members') }}),

residents as (select * from {{ ref('resident') }}),

counts as (
    select
        household_kind,
        household_no,
        count(*) as member_count,
        count(resident_id) as resolved_member_count
    from members
    group by household_kind, household_no
),

resolved_members as (
    select
        members.household_kind,
        members.household_no,
        members.resident_id,
        members.is_head,
        residents.is_registered,
        residents.division_code,
        residents.household_type
    from members
    inner join residents using (resident_id)
),

heads as (
    {{ distinct_on(
        ['household_kind', 'household_no'],
        'household_kind, household_no, division_code, household_type',
        'resolved_members',
        ['is_registered desc', 'is_head desc', 'resident_id']
    ) | indent(4) }}
)

select
    counts.household_kind,
    counts.household_no,
    case when counts.household_kind = 'aid' then counts.household_no end as aid_household_no,
    coalesce(aid.division_code, heads.division_code) as division_code,
    'DB_' || upper(coalesce(nullif(aid.urban_rural, ''), heads.household_type)) as standard_code,
    counts.member_count,
    counts.resolved_member_count
from counts
left join heads using (household_kind, household_no)
left join {{ ref('aid_household') }} as aid
    on counts.household_kind = 'aid' and counts.household_no = aid.aid_household_no
