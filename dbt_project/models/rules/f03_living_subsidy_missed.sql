-- F03: a living, disabled member of an active dibao household draws no living subsidy (CJ).
-- Tekun and support as an orphan or de facto unsupported child exclude it.
with

source_freshness_by_division as (select * from {{ ref('source_freshness_by_division') }}),

rule_parameter as (select * from {{ ref('rule_parameter') }}),

benefit_standard as (select * from {{ ref('int_standards_by_division') }}),

paid_months as (
    select * from {{ ref('benefit_month_person') }}
    where benefit_code in ('CJ', 'GE', 'SW', 'TK')
),

members as (
    select * from {{ ref('int_active_aid_members') }}
    where aid_type_code = 'DB' and is_covered
),

valid_cards as (
    select * from {{ ref('disability_card') }}
    where is_valid
),

known_cards as (
    select * from valid_cards
    where resident_id is not null
),

cards as (
    {{ distinct_on(
        ['resident_id'],
        '*',
        'known_cards',
        ['disability_level', 'issued_on desc', 'card_no']
    ) | indent(4) }}
),

residents as (select * from {{ ref('resident') }}),

support_by_person as (
    select
        resident_id,
        bool_or(is_active) as is_active,
        max(ended_on) as ended_on
    from {{ ref('int_benefits_by_person') }}
    where benefit_code in ('CJ', 'GE', 'SW', 'TK')
    group by resident_id
),

-- An unresolved line may say that he or she draws one of them already, or is dead.
doubts as (
    select
        resident_id,
        min(reason) as reason
    from (
        select
            resident_id,
            'unresolved_namesake' as reason
        from {{ ref('int_possible_benefits') }}
        where benefit_code in ('CJ', 'GE', 'SW', 'TK')
        union all
        select
            resident_id,
            case when is_day_unknown then 'death_date_unknown' else 'unresolved_namesake' end
        from {{ ref('int_possible_deaths') }}
    ) as told
    group by resident_id
),

-- A card whose number cannot be read may be this person's.
possible_cards as (
    select distinct name
    from valid_cards
    where resident_id is null
),

judged as (
    select
        members.*,
        cards.issued_on,
        cards.disability_level,
        support_by_person.ended_on,
        {{ source_line('cards', "'disability_card'") }} as card_source,
        -- No card on file or already supported: nothing is missed, if the source can be trusted.
        coalesce(support_by_person.is_active, false) as is_drawing,
        cards.resident_id is not null as is_disabled,
        case when support_by_person.is_active is not true then coalesce(
            {{ why_not_assessable(
                'members.resident_id', ['disability_card', 'entitlement', 'aid_household', 'population', 'cremation'],
                'members.division_code'
            ) }},
            case
                when cards.resident_id is null and possible_cards.name is not null then 'unresolved_namesake'
                when cards.resident_id is not null then doubts.reason
            end
        ) end as reason
    from members
    left join residents using (resident_id)
    left join cards using (resident_id)
    left join support_by_person using (resident_id)
    left join doubts using (resident_id)
    left join possible_cards on members.name = possible_cards.name
    where residents.died_on is null
),

outcomes as (
    select
        *,
        is_disabled and not is_drawing and reason is null as is_hit,
        greatest(approved_on, issued_on, ended_on) as missed_from,
        -- The month in which it ended was still paid.
        greatest(approved_on, issued_on, ended_on + interval '1 month') as owed_from
    from judged
)

{{ subject_findings(
    judged='outcomes',
    facts={
        'disability_level': 'disability_level',
        'card_issued_on': 'issued_on',
        'approved_on': 'approved_on',
    },
    sources=[source_line(none, "'aid_household'"), 'card_source'],
    first_on='missed_from',
    amount_yuan=missed_yuan(
        "'CJ'", 'outcomes.division_code', 'outcomes.resident_id', 'outcomes.owed_from'
    )
) }}
