-- Disability cards (残疾人证) and whether they are valid on the business date.
with

cards as (select * from {{ current_records('int_disability_cards_latest', 'disability_card') }} as records)

select
    cards.card_no,
    persons.resident_id,
    cards.name,
    cards.disability_category,
    cards.disability_level,
    cards.issued_on,
    cards.valid_until,
    cards.status = '有效'
    and coalesce(cards.issued_on <= {{ business_date() }}, true)
    and coalesce(cards.valid_until >= {{ business_date() }}, true) as is_valid,
    cards.delivery_id,
    cards.line_number
from cards
{{ join_resident('persons', 'cards', "'person'") }}
