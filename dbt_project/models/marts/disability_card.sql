-- Disability cards (残疾人证), whether they are valid on the business date, and until when each counts. A card
-- that is invalid counts to the day before its status changed; where that is not told and it had not run out, it
-- was withdrawn on a day we do not know and counts for nothing, but where its holder's death is why it was
-- cancelled it counts to that day. Of several senders of one card the one that told last counts.
with

closings as (select * from {{ ref('int_closings') }}),

told as (
    select
        records.*,
        records.status in ('有效', '正常') as is_standing
    from {{ ref('int_disability_card_latest') }} as records
    where {{ stands('records') }}
),

cards as (
    {{ distinct_on(['card_no'], '*', 'told', told_last()) | indent(4) }}
),

deaths as (select * from {{ ref('int_deaths_by_resident') }}),

dated as (
    select
        cards.card_no,
        persons.resident_id,
        cards.name,
        cards.disability_category,
        cards.disability_level,
        cards.issued_on,
        -- An open end is no day.
        nullif(cards.valid_until, 'infinity') as valid_until,
        (cards.is_standing or coalesce(cards.status_changed_on > {{ business_date() }}, false))
        and coalesce(cards.issued_on <= {{ business_date() }}, true)
        and coalesce(cards.valid_until >= {{ business_date() }}, true) as is_valid,
        case when not cards.is_standing then cards.status_changed_on - 1 end as stood_until,
        case when cards.delivery_date >= deaths.died_on then deaths.died_on end as cancelled_by_death_on,
        cards.delivery_id,
        cards.line_number,
        cards.position
    from cards
    left join {{ ref('person_mention') }} as persons
        on {{ is_named_in('persons', 'cards', 'person') }}
    left join deaths on persons.resident_id = deaths.resident_id
)

select
    card_no,
    resident_id,
    name,
    disability_category,
    disability_level,
    issued_on,
    valid_until,
    is_valid,
    case
        when stood_until is not null then least(valid_until, stood_until)
        when is_valid or valid_until < {{ business_date() }} then coalesce(valid_until, 'infinity')
        when cancelled_by_death_on is not null then least(valid_until, cancelled_by_death_on)
    end as counts_until,
    delivery_id,
    line_number,
    position
from dated
