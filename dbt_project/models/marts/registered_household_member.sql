{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    on_schema_change='fail',
    meta={'touched_by': 'int_touched_residents', 'touched_on': {'resident_id': 'resident_id'}},
    indexes=[{'columns': ['resident_id']}, published_key(['resident_id', 'valid_from'])]
) }}

-- Who stood in which household book, and when. A person is in at most one on a day (I7).
-- The register gives the day of birth, arrival, departure and death; where it does not, the
-- day we were first told counts.
with

full_deliveries as (
    select
        feed,
        business_date,
        delivery_order
    from {{ ref('stg_deliveries') }}
    where closes_absent
),

lines as (
    select
        links.resident_id,
        population.*,
        greatest(population.delivery_order, rejected.rejected_order) as named_order,
        coalesce(population.change_type, '') in ('死亡', '迁出') as has_left,
        case
            when population.change_type in ('出生', '迁入', '死亡', '迁出') then population.changed_on
        end as stated_on
    from {{ ref('stg_population') }} as population
    left join {{ ref('person_mention') }} as links
        on {{ is_named_in('links', 'population', 'person') }}
    left join {{ rejected_lines(ref('stg_rejected_keys')) }} as rejected
        on population.feed = rejected.feed and population.line_key = rejected.line_key
    {{ only_touched(ref('int_touched_residents'), 'links', {'resident_id': 'resident_id'}) }}
    where
        links.resident_id is not null
        and not exists (
            select 1 from {{ ref('int_population_latest') }} as gone
            where gone.feed = population.feed and gone.register_no = population.register_no and gone.is_revoked
        )
),

-- A line that tells no household book tells of no move: the contract may have lost the column.
told as (
    select
        *,
        count(household_no) over by_person as books_told
    from lines
    window by_person as (partition by resident_id order by delivery_order, delivery_id, line_number, position)
),

placed as (
    select
        *,
        max(household_no) over (partition by resident_id, books_told) as book_no,
        max(named_order) over (partition by resident_id) as last_seen_order
    from told
),

compared as (
    select
        *,
        lag(book_no) over by_person as previous_book_no,
        lag(has_left) over by_person as had_left
    from placed
    window by_person as (partition by resident_id order by delivery_order, delivery_id, line_number, position)
),

changes as (
    select
        *,
        case
            when coalesce(book_no, '') = coalesce(previous_book_no, '') and has_left = had_left then 0 else 1
        end as is_change
    from compared
),

numbered as (
    select
        *,
        sum(is_change) over by_person as stay_no
    from changes
    window by_person as (partition by resident_id order by delivery_order, delivery_id, line_number, position)
),

-- A line that only repeats or corrects other columns starts no new stay in a household.
stays as (
    select
        *,
        coalesce(stated_on, delivery_date) as from_day,
        -- Any later stay ends this one, also where the days told are not in the order of telling.
        min(coalesce(stated_on, delivery_date)) over (
            by_person rows between 1 following and unbounded following
        ) as until_day
    from numbered
    where is_change = 1
    window by_person as (partition by resident_id order by delivery_order, delivery_id, line_number, position)
),

lines_of_relations as (
    select * from numbered
    where relation_code is not null
),

-- The line that speaks of the stay last is its source; what it does not tell stays as last told of that stay.
sources as (
    {{ distinct_on(
        ['resident_id', 'stay_no'],
        'resident_id, stay_no, delivery_id, line_number, position',
        'numbered',
        ['delivery_order desc', 'delivery_id desc', 'line_number desc', 'position desc']
    ) }}
),

relations as (
    {{ distinct_on(
        ['resident_id', 'stay_no'],
        'resident_id, stay_no, relation_code',
        'lines_of_relations',
        ['delivery_order desc', 'delivery_id desc', 'line_number desc', 'position desc']
    ) }}
),

-- Days on which a full delivery first no longer named whom an earlier one had, once for each of those.
closings as (
    select
        last_seen.feed,
        last_seen.last_seen_order,
        min(full_deliveries.business_date) as closed_on
    from (select distinct feed, last_seen_order from stays) as last_seen
    inner join full_deliveries
        on last_seen.feed = full_deliveries.feed and last_seen.last_seen_order < full_deliveries.delivery_order
    group by last_seen.feed, last_seen.last_seen_order
),

spans as (
    select
        stays.book_no as household_no,
        stays.resident_id,
        relations.relation_code,
        stays.from_day as valid_from,
        coalesce(stays.until_day, closings.closed_on) as valid_to,
        sources.delivery_id,
        sources.line_number,
        sources.position
    from stays
    inner join sources using (resident_id, stay_no)
    left join relations using (resident_id, stay_no)
    left join closings using (feed, last_seen_order)
    where not stays.has_left and stays.book_no is not null
)

select *
from spans
where valid_to is null or valid_to > valid_from
