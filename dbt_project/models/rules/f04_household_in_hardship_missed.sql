-- F04: a registered household draws no aid though what is known of its income and property passes the
-- dibao test: whom to visit. The head stands for the household. Where an adult's income is not known it
-- is not judged, unless a severe disability explains why there is none; neither is an old farmer with
-- nothing but the residents' pension, because no feed tells what the children give.
with

source_freshness_by_division as (select * from {{ ref('source_freshness_by_division') }}),

rule_parameter as (select * from {{ ref('rule_parameter') }}),

national as (select * from {{ ref('int_national_parameters') }}),

households as (select * from {{ ref('household_means') }} where household_kind = 'registered'),

members as (
    select
        members.household_no,
        members.resident_id,
        members.is_head,
        members.delivery_id,
        members.line_number,
        members.valid_from,
        residents.name,
        residents.born_on,
        residents.division_code
    from {{ ref('int_household_members') }} as members
    inner join {{ ref('resident') }} as residents using (resident_id)
    where members.household_kind = 'registered' and residents.died_on is null
),

heads as (
    {{ distinct_on(
        ['household_no'],
        'household_no, resident_id, delivery_id, line_number',
        'members',
        ['is_head desc', 'born_on', 'resident_id']
    ) | indent(4) }}
),

items as (
    select * from {{ ref('household_means_item') }}
    where household_kind = 'registered' and item_kind = 'income'
),

-- Whoever draws aid, or may: a declared member nobody could identify has the same name.
aided as (
    select resident_id
    from {{ ref('int_household_members') }}
    where household_kind = 'aid' and resident_id is not null
    union
    select resident_id
    from {{ ref('entitlement') }}
    where is_active and benefit_code in ('GE', 'SW') and resident_id is not null
),

unresolved as (
    select distinct
        members.name,
        households.division_code
    from {{ ref('aid_household_member') }} as members
    inner join {{ ref('aid_household') }} as households using (aid_household_no)
    where members.resident_id is null and households.is_active
),

incomes as (
    select
        resident_id,
        min(case when category = 'pension' and detail = '居民养老' then 1 else 0 end) = 1 as is_pension_of_residents,
        bool_or(amount_yuan is null) as has_unknown_amount
    from items
    where category <> 'assistance' and resident_id is not null
    group by resident_id
),

severe_cards as (
    select
        resident_id,
        min(disability_level) as disability_level
    from {{ ref('disability_card') }}
    where is_valid and resident_id is not null
    group by resident_id
),

by_household as (
    select
        members.household_no,
        max(members.valid_from) as valid_from,
        max(case when aided.resident_id is not null then 1 else 0 end) = 1 as draws_aid,
        max(case when unresolved.name is not null then 1 else 0 end) = 1 as has_namesake,
        sum(case
            when incomes.has_unknown_amount then 1
            when
                severe_cards.disability_level <= {{ rule_parameter('f04', 'max_level', 'members.division_code') }}
                then 0
            when
                {{ years_later('members.born_on', '(select adult_age_years from national)') }} > {{ business_date() }}
                then 0
            when coalesce(incomes.is_pension_of_residents, true) then 1
            else 0
        end) as unexplained_count
    from members
    left join aided using (resident_id)
    left join severe_cards using (resident_id)
    left join incomes using (resident_id)
    left join unresolved on members.name = unresolved.name and members.division_code = unresolved.division_code
    group by members.household_no
),

standards as (
    select * from {{ ref('int_standards_by_division') }}
    where {{ is_in_force() }}
),

judged as (
    select
        households.*,
        heads.resident_id,
        heads.delivery_id,
        heads.line_number,
        greatest(standards.valid_from, by_household.valid_from) as since_on,
        by_household.draws_aid
        or households.property_outcome = 'above'
        or coalesce(
            households.countable_multiple
            >= {{ rule_parameter('f04', 'max_standard_multiple', 'households.division_code') }},
            false
        ) as is_clear,
        coalesce(
            {{ why_not_current(
                ['population', 'cremation', 'social_insurance', 'aid_household', 'entitlement', 'disability_card'],
                'households.division_code',
                where_bound=['income_record']
            ) }},
            case
                when households.property_outcome = 'not_assessable' then 'property_not_assessable'
                when households.standard_yuan is null then 'standard_unknown'
                when by_household.unexplained_count > 0 then 'income_unknown'
                when by_household.has_namesake then 'unresolved_namesake'
            end
        ) as reason
    from households
    inner join heads using (household_no)
    inner join by_household using (household_no)
    left join standards using (division_code, standard_code)
),

outcomes as (
    select
        *,
        case when is_clear then 'clear' else {{ outcome('reason is null', 'reason') }} end as outcome
    from judged
)

select
    resident_id as subject_resident_id,
    null::text as aid_household_no,
    division_code,
    case when outcome = 'hit' then since_on end as first_on,
    null::date as last_on,
    outcome,
    null::numeric(14, 2) as amount_yuan,
    case
        when outcome = 'hit' then {{ evidence({
            'household_no': 'household_no',
            'member_count': 'member_count',
            'countable_per_capita_yuan': 'countable_per_capita_yuan',
            'standard_yuan': 'standard_yuan',
        }, [source_line(none, "'population'"), 'income_sources']) }}
        when outcome = 'not_assessable'
            then {{ evidence(reason_facts('reason'), [source_line(none, "'population'")]) }}
    end as evidence
from outcomes
