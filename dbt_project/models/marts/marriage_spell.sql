-- One row per registered marriage, ended by divorce, revocation or the death of a spouse.
-- A re-issued certificate (补领) is no marriage. Court divorces are not in the feed: an open
-- spell is a registration, not proof of a living marriage. Spells of one person that overlap are all
-- kept and marked. Numbers of certificates begin anew by place and year: one number may be several couples', and
-- what ends one marriage ends none of other people.
{% set agree -%}
not (
            {% for side in ['husband', 'wife'] -%}
            coalesce(
                coalesce({{ 'one.' ~ side }}_resident_id <> {{ 'other.' ~ side }}_resident_id, true)
                and coalesce({{ 'one.' ~ side }}_name <> {{ 'other.' ~ side }}_name, true)
                and (
                    {{ 'one.' ~ side }}_resident_id + {{ 'other.' ~ side }}_resident_id is not null
                    or {{ 'one.' ~ side }}_name || {{ 'other.' ~ side }}_name is not null
                ),
                false
            )
            {% if not loop.last %}and {% endif %}
            {%- endfor -%}
        )
{%- endset %}
with recursive

closings as (select * from {{ ref('int_closings') }}),

events as (
    select * from {{ ref('int_marriage_event_latest') }} as records
    where {{ stands('records') }}
),

couples as (
    select
        events.*,
        -- Old records may lack the certificate number: then the event stands for itself.
        coalesce(nullif(events.certificate_no, ''), events.event_no) as marriage_no,
        husbands.resident_id as husband_resident_id,
        wives.resident_id as wife_resident_id
    from events
    left join {{ ref('person_mention') }} as husbands
        on {{ is_named_in('husbands', 'events', 'husband') }}
    left join {{ ref('person_mention') }} as wives
        on {{ is_named_in('wives', 'events', 'wife') }}
),

registrations as (
    select * from couples
    where event_type = '结婚登记'
),

-- Two lines of one number are one marriage unless both partners differ.
of_one_couple as (
    select
        one.*,
        other.registered_on as first_registered_on,
        other.event_no as first_event_no
    from registrations as one
    inner join registrations as other
        on one.marriage_no = other.marriage_no
        and {{ agree }}
),

first_of_couples as (
    {{ distinct_on(['feed', 'event_no'], '*', 'of_one_couple', ['first_registered_on', 'first_event_no']) }}
),

numbered as (
    select
        *,
        case
            when first_event_no = first_value(first_event_no) over (
                partition by marriage_no order by first_registered_on, first_event_no
            ) then marriage_no
            else marriage_no || ' (' || first_event_no || ')'
        end as spell_no
    from first_of_couples
),

marriages as (
    {{ distinct_on(['spell_no'], '*', 'numbered', told_last()) }}
),

partners as (
    select
        spell_no,
        husband_resident_id as resident_id
    from marriages
    union all
    select
        spell_no,
        wife_resident_id as resident_id
    from marriages
),

reissue_events as (
    select * from couples
    where event_type = '补领' and certificate_no is not null and original_certificate_no is not null
),

reissues as (
    {{ distinct_on(
        ['certificate_no'], 'certificate_no, original_certificate_no', 'reissue_events', told_last()
    ) }}
),

-- A certificate may be re-issued more than once: the first of the chain is the marriage.
reissue_chains as (
    {{ chains('reissue_chains', 'reissues', 'certificate_no', 'original_certificate_no') }}
),

first_certificates as (
    select
        certificate_no,
        min(original_certificate_no) as original_certificate_no
    from reissue_chains
    where original_certificate_no not in (select certificate_no from reissues)
    group by certificate_no
),

-- A divorce or revocation names the certificate it ends, possibly a re-issued one.
told_endings as (
    select
        couples.*,
        coalesce(
            first_certificates.original_certificate_no, couples.original_certificate_no, couples.certificate_no
        ) as ended_certificate_no,
        case couples.event_type when '撤销' then 'revoked' else 'divorce' end as ended_by
    from couples
    left join first_certificates on couples.original_certificate_no = first_certificates.certificate_no
    where couples.event_type in ('离婚登记', '撤销')
),

named_marriages as (
    select
        one.event_no,
        one.event_type,
        other.spell_no,
        one.ended_by,
        one.registered_on as ended_on,
        one.delivery_id,
        one.line_number,
        other.registered_on
    from told_endings as one
    inner join marriages as other
        on one.ended_certificate_no = other.marriage_no
        and {{ agree }}
),

endings as (
    select
        told_endings.*,
        named.event_no is not null as names_marriage
    from told_endings
    left join (select distinct event_no, event_type from named_marriages) as named using (event_no, event_type)
),

-- A couple is known by both residents, or by one and the name of the other: that a number could not be
-- read once must not leave a marriage open that was ended.
endings_by_couple as (
    select
        endings.event_no,
        endings.event_type,
        marriages.spell_no
    from endings
    inner join marriages
        on
            endings.husband_resident_id = marriages.husband_resident_id
            and (
                endings.wife_resident_id = marriages.wife_resident_id
                or endings.wife_name = marriages.wife_name
            )
    union
    select
        endings.event_no,
        endings.event_type,
        marriages.spell_no
    from endings
    inner join marriages
        on
            endings.wife_resident_id = marriages.wife_resident_id
            and endings.husband_name = marriages.husband_name
),

-- Of an ending that names no marriage: the marriages of the couple before it.
possible_matches as (
    select
        endings.event_no,
        endings.event_type,
        endings.ended_by,
        endings.registered_on as ended_on,
        endings.delivery_id,
        endings.line_number,
        marriages.spell_no,
        marriages.registered_on
    from endings
    inner join endings_by_couple using (event_no, event_type)
    inner join marriages
        on endings_by_couple.spell_no = marriages.spell_no
        and endings.registered_on >= marriages.registered_on
    where not endings.names_marriage
),

-- By certificate; else by couple, the latest marriage before the ending.
matched as (
    select
        spell_no,
        ended_by,
        ended_on,
        'marriage_event' as feed,
        delivery_id,
        line_number
    from named_marriages
    where ended_on >= registered_on

    union all

    (
        {{ distinct_on(
            ['event_no', 'event_type'],
            "spell_no, ended_by, ended_on, 'marriage_event' as feed, delivery_id, line_number",
            'possible_matches',
            ['registered_on desc', 'spell_no']
        ) | indent(8) }}
    )

    union all

    select
        marriages.spell_no,
        'death' as ended_by,
        deaths.died_on as ended_on,
        deaths.feed,
        deaths.delivery_id,
        deaths.line_number
    from partners
    inner join {{ ref('int_deaths_by_resident') }} as deaths using (resident_id)
    inner join marriages using (spell_no)
    where deaths.died_on >= marriages.registered_on
),

ended as (
    {{ distinct_on(
        ['spell_no'], '*', 'matched', ['ended_on', 'ended_by', 'delivery_id', 'line_number']
    ) }}
),

spells as (
    select
        marriages.spell_no as certificate_no,
        marriages.husband_resident_id,
        marriages.wife_resident_id,
        marriages.husband_name,
        marriages.wife_name,
        marriages.registered_on,
        ended.ended_on,
        ended.ended_by,
        marriages.delivery_id,
        marriages.line_number,
        ended.feed as ended_feed,
        ended.delivery_id as ended_delivery_id,
        ended.line_number as ended_line_number
    from marriages
    left join ended using (spell_no)
),

sides as (
    select
        certificate_no,
        husband_resident_id as resident_id,
        wife_resident_id as partner_id,
        registered_on,
        ended_on
    from spells
    where ended_by is distinct from 'revoked'
    union all
    select
        certificate_no,
        wife_resident_id,
        husband_resident_id,
        registered_on,
        ended_on
    from spells
    where ended_by is distinct from 'revoked'
),

overlapping as (
    select distinct one.certificate_no
    from sides as one
    inner join sides as other using (resident_id)
    where
        one.certificate_no <> other.certificate_no
        and coalesce(one.partner_id <> other.partner_id, true)
        and one.registered_on < coalesce(other.ended_on, 'infinity')
        and other.registered_on < coalesce(one.ended_on, 'infinity')
)

select
    spells.*,
    overlapping.certificate_no is not null as has_overlap
from spells
left join overlapping using (certificate_no)
