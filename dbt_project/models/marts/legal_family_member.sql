-- The legal family (法定家庭) on any date: spouses and their minor or dependent children. Everybody
-- is in exactly one family on every day of life: of a couple, of a parent, or alone.
-- A child is with the parents as a couple, else with the parent named first (parentage), after that
-- one's death with the other. Whoever has married or has a child is no longer a child of the family.
with

national as (select * from {{ ref('int_national_parameters') }}),

residents as (
    select
        *,
        {{ span('born_on', 'died_on') }} as span
    from {{ ref('resident') }}
    where born_on is not null and {{ span_is_valid('born_on', 'died_on') }}
),

valid_severe_cards as (
    select * from {{ ref('disability_card') }}
    where
        is_valid
        and resident_id is not null
        and disability_level <= (select dependent_disability_level from national)
),

severe_cards as (
    {{ distinct_on(
        ['resident_id'], '*', 'valid_severe_cards',
        ['disability_level', 'issued_on', 'card_no']
    ) | indent(4) }}
),

sides as (
    select first_resident_id as resident_id, couples.* from {{ ref('int_couples') }} as couples
    union all
    select second_resident_id, couples.* from {{ ref('int_couples') }} as couples
),

married as (
    select
        sides.resident_id,
        'L' || sides.first_resident_id || '-' || sides.second_resident_id as family_no,
        {{ span_common('residents.span', span('sides.started_on', 'sides.ended_on')) }} as span,
        sides.feed,
        sides.delivery_id,
        sides.line_number
    from sides
    inner join residents using (resident_id)
),

unmarried as (
    {{ spans_left('residents', 'married', 'resident_id') | indent(4) }}
),

-- From the first marriage or the first child on nobody is a child of the family any more.
independence as (
    select
        resident_id,
        min(independent_on) as independent_on
    from (
        select resident_id, {{ span_from('span') }} as independent_on from married
        union all
        select parents.parent_resident_id, children.born_on
        from {{ ref('parentage') }} as parents
        inner join residents as children on parents.child_resident_id = children.resident_id
    ) as events
    group by resident_id
),

childhoods as (
    select
        residents.resident_id,
        'minor_child' as relation,
        residents.born_on as from_on,
        least(
            {{ years_later('residents.born_on', '(select adult_age_years from national)') }},
            independence.independent_on,
            residents.died_on
        ) as until_on
    from residents
    left join independence using (resident_id)

    union all

    select
        residents.resident_id,
        'dependent_child',
        greatest(
            severe_cards.issued_on,
            {{ years_later('residents.born_on', '(select adult_age_years from national)') }}
        ),
        least(severe_cards.valid_until + 1, independence.independent_on, residents.died_on)
    from residents
    inner join severe_cards using (resident_id)
    left join independence using (resident_id)
),

-- The first parent while alive, then the next.
custody as (
    select
        parents.*,
        residents.died_on,
        max(coalesce(residents.died_on, 'infinity')) over (
            partition by parents.child_resident_id
            order by parents.preference rows between unbounded preceding and 1 preceding
        ) as from_on
    from {{ ref('parentage') }} as parents
    inner join residents on parents.parent_resident_id = residents.resident_id
),

parental as (
    select
        resident_id,
        family_no,
        span
    from married
    union all
    select
        resident_id,
        'L' || resident_id as family_no,
        span
    from unmarried
),

children as (
    select
        childhoods.resident_id,
        childhoods.relation,
        parental.family_no,
        {{ span_common(span_common(
            span('childhoods.from_on', 'childhoods.until_on'),
            span('custody.from_on', 'custody.died_on')
        ), 'parental.span') }} as span,
        custody.feed,
        custody.delivery_id,
        custody.line_number
    from childhoods
    inner join custody on childhoods.resident_id = custody.child_resident_id
    inner join parental on custody.parent_resident_id = parental.resident_id
    where
        {{ span_is_valid('childhoods.from_on', 'childhoods.until_on') }}
        and {{ span_is_valid('custody.from_on', 'custody.died_on') }}
),

alone as (
    {{ spans_left('unmarried', 'children', 'resident_id') | indent(4) }}
),

members as (
    select
        family_no,
        resident_id,
        'spouse' as relation,
        span,
        feed,
        delivery_id,
        line_number
    from married

    union all

    select
        family_no,
        resident_id,
        relation,
        span,
        feed,
        delivery_id,
        line_number
    from children

    union all

    select
        'L' || alone.resident_id,
        alone.resident_id,
        'self',
        alone.span,
        residents.feed,
        residents.delivery_id,
        residents.line_number
    from alone
    inner join residents using (resident_id)
)

select
    family_no,
    resident_id,
    relation,
    {{ span_from('span') }} as valid_from,
    {{ span_until('span') }} as valid_to,
    feed,
    delivery_id,
    line_number
from members
where {{ span_holds_days('span') }}
