-- int_couples: one row per couple and unbroken period in which it counts as one family. Registered
-- marriages; where neither partner has any, the couple the household book names (old marriages are
-- often not on file). A person is in one couple at a time: of two marriages that clash the later
-- one counts from its day on, and both stand in marriage_spell.
with

spells as (
    select * from {{ ref('marriage_spell') }}
    where
        husband_resident_id <> wife_resident_id
        -- a revoked registration never was a marriage
        and ended_by is distinct from 'revoked'
),

wedded as (
    select husband_resident_id as resident_id
    from spells
    union
    select wife_resident_id
    from spells
),

book_members as (
    select
        members.*,
        kinship.kin
    from {{ ref('registered_household_member') }} as members
    inner join {{ ref('kinship') }} as kinship using (relation_code)
    left join wedded using (resident_id)
    where wedded.resident_id is null
),

couples as (
    select
        certificate_no as couple_no,
        husband_resident_id as first_resident_id,
        wife_resident_id as second_resident_id,
        registered_on as started_on,
        ended_on,
        'marriage_event' as feed,
        delivery_id,
        line_number
    from spells

    union all

    select
        concat_ws(':', spouses.household_no, heads.resident_id, spouses.resident_id, spouses.valid_from) as couple_no,
        heads.resident_id as first_resident_id,
        spouses.resident_id as second_resident_id,
        greatest(heads.valid_from, spouses.valid_from) as started_on,
        least(heads.valid_to, spouses.valid_to) as ended_on,
        'population' as feed,
        spouses.delivery_id,
        spouses.line_number
    from book_members as heads
    inner join book_members as spouses using (household_no)
    where
        heads.kin = 'head'
        and spouses.kin = 'spouse'
        and heads.valid_from < coalesce(spouses.valid_to, 'infinity')
        and spouses.valid_from < coalesce(heads.valid_to, 'infinity')
),

sides as (
    select
        couple_no,
        started_on,
        first_resident_id as resident_id
    from couples
    union all
    select
        couple_no,
        started_on,
        second_resident_id as resident_id
    from couples
),

followed as (
    select
        couple_no,
        lead(started_on) over (partition by resident_id order by started_on nulls last, couple_no) as next_started_on
    from sides
),

ends as (
    select
        couple_no,
        min(next_started_on) as next_started_on
    from followed
    group by couple_no
)

select
    couples.couple_no,
    least(couples.first_resident_id, couples.second_resident_id) as first_resident_id,
    greatest(couples.first_resident_id, couples.second_resident_id) as second_resident_id,
    couples.started_on,
    least(couples.ended_on, ends.next_started_on) as ended_on,
    couples.feed,
    couples.delivery_id,
    couples.line_number
from couples
inner join ends using (couple_no)
where {{ span_is_valid('couples.started_on', 'least(couples.ended_on, ends.next_started_on)') }}
