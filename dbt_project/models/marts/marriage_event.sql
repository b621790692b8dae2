-- Marriages and divorces as they were registered: every event that stands, whether or not the marriage that it
-- ends is on file. How old the couple was is known by the register, else as the line states it.
with

closings as (select * from {{ ref('int_closings') }}),

residents as (select * from {{ ref('resident') }}),

events as (
    select * from {{ ref('int_marriage_event_latest') }} as records
    where {{ stands('records') }} and records.event_type in ('结婚登记', '离婚登记')
)

select
    events.feed,
    events.event_no,
    events.event_type,
    events.registered_on,
    events.office_code,
    husbands.resident_id as husband_resident_id,
    wives.resident_id as wife_resident_id,
    clean.age_years(coalesce(known_husbands.born_on, events.husband_born_on), events.registered_on)
        as husband_age_years,
    clean.age_years(coalesce(known_wives.born_on, events.wife_born_on), events.registered_on) as wife_age_years,
    events.delivery_id,
    events.line_number
from events
left join {{ ref('person_mention') }} as husbands
    on {{ is_named_in('husbands', 'events', 'husband') }}
left join {{ ref('person_mention') }} as wives
    on {{ is_named_in('wives', 'events', 'wife') }}
left join residents as known_husbands
    on husbands.resident_id = known_husbands.resident_id
left join residents as known_wives
    on wives.resident_id = known_wives.resident_id
