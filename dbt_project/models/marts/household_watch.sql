-- Early warning (致贫返贫监测): registered households that draw no household aid, whose countable income
-- is at most a multiple of the standard, and which are near the line or have met a misfortune lately:
-- an earner died, a severe disability was recognised, a wage stopped, a marriage ended. A list of whom to
-- visit, with reasons. Where incomes are unknown the income says little: their number stands beside it.
with

national as (select * from {{ ref('int_national_parameters') }}),

means as (
    select * from {{ ref('household_means') }}
    where
        household_kind = 'registered'
        and countable_multiple <= (select watch_max_multiple from national)
),

watched_from as (
    select
        ({{ business_date() }} - (select watch_months from national) * interval '1 month')::date as watched_from
),

-- Those who belong to the household, and those who did when they died.
book_members as (
    select
        household_no,
        resident_id,
        valid_to
    from {{ ref('registered_household_member') }}
),

present as (select * from book_members where coalesce(valid_to > {{ business_date() }}, true)),

aided as (
    select distinct present.household_no
    from present
    inner join {{ ref('int_household_members') }} as members using (resident_id)
    where members.household_kind = 'aid'
),

residents as (select * from {{ ref('resident') }}),

incomes as (
    select * from {{ ref('income_item') }}
    where income_month is not null and resident_id is not null
),

earners as (select distinct resident_id from incomes),

covered_months as (
    {{ covered_income_months('incomes', '(select watch_months from national)') | indent(4) }}
),

wages as (
    select
        resident_id,
        max(income_month) as last_month
    from incomes
    where income_kind in ('wage', 'business')
    group by resident_id
),

deaths as (
    select
        book_members.household_no,
        'earner_died' as reason,
        residents.died_on as happened_on,
        residents.death_feed as feed,
        residents.death_delivery_id as delivery_id,
        residents.death_line_number as line_number
    from book_members
    inner join residents using (resident_id)
    left join earners using (resident_id)
    cross join watched_from
    where
        residents.died_on > watched_from.watched_from
        and residents.died_on <= {{ business_date() }}
        and coalesce(book_members.valid_to >= residents.died_on, true)
        and (
            earners.resident_id is not null
            or residents.died_on
            < {{ years_later('residents.born_on', '(select working_age_until_years from national)') }}
            and residents.died_on >= {{ years_later('residents.born_on', '(select adult_age_years from national)') }}
        )
),

disabilities as (
    select
        present.household_no,
        'severe_disability' as reason,
        cards.issued_on as happened_on,
        'disability_card' as feed,
        cards.delivery_id,
        cards.line_number
    from present
    inner join {{ ref('disability_card') }} as cards using (resident_id)
    cross join watched_from
    where
        cards.is_valid
        and cards.disability_level <= (select dependent_disability_level from national)
        and cards.issued_on > watched_from.watched_from
),

lost_wages as (
    select
        present.household_no,
        'wage_stopped' as reason,
        (wages.last_month + interval '1 month')::date as happened_on,
        incomes.feed,
        incomes.delivery_id,
        incomes.line_number
    from present
    inner join wages using (resident_id)
    inner join incomes on wages.resident_id = incomes.resident_id and wages.last_month = incomes.income_month
    where
        incomes.income_kind in ('wage', 'business')
        and wages.last_month < (select max(income_month) from covered_months)
        and wages.last_month >= (select min(income_month) from covered_months)
),

spells as (
    select
        husband_resident_id as resident_id,
        divorced.*
    from {{ ref('marriage_spell') }} as divorced
    where ended_by = 'divorce'
    union all
    select
        wife_resident_id as resident_id,
        divorced.*
    from {{ ref('marriage_spell') }} as divorced
    where ended_by = 'divorce'
),

divorces as (
    select
        present.household_no,
        'divorced' as reason,
        spells.ended_on as happened_on,
        spells.ended_feed as feed,
        spells.ended_delivery_id as delivery_id,
        spells.ended_line_number as line_number
    from present
    inner join spells using (resident_id)
    cross join watched_from
    where
        spells.ended_on > watched_from.watched_from
        and spells.ended_on <= {{ business_date() }}
),

near_the_line as (
    select
        household_no,
        'near_the_line' as reason,
        null::date as happened_on,
        null::text as feed,
        null::text as delivery_id,
        null::integer as line_number
    from means
    where countable_multiple >= 1 and unknown_income_count = 0
),

listed as (
    select * from deaths
    union
    select * from disabilities
    union
    select * from lost_wages
    union
    select * from divorces
    union
    select * from near_the_line
),

reasons as (
    select
        household_no,
        {{ json_collect(json_object({
            'reason': 'reason', 'on': 'happened_on', 'feed': 'feed', 'delivery_id': 'delivery_id',
            'line_number': 'line_number',
        }), 'reason, happened_on, delivery_id, line_number') }} as reasons
    from listed
    group by household_no
)

select
    means.household_no,
    means.division_code,
    means.member_count,
    means.unknown_income_count,
    means.countable_per_capita_yuan,
    means.standard_yuan,
    means.countable_multiple,
    reasons.reasons
from means
inner join reasons using (household_no)
left join aided using (household_no)
where aided.household_no is null
