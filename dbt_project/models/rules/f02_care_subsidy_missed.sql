-- F02: a living holder of a valid disability card of level 1 or 2 draws neither care subsidy
-- (HL) nor tekun nor eldercare subsidy (YL), of which one only may stand.
with

source_freshness_by_division as (select * from {{ ref('source_freshness_by_division') }}),

rule_parameter as (select * from {{ ref('rule_parameter') }}),

benefit_standard as (select * from {{ ref('int_standards_by_division') }}),

paid_months as (
    select * from {{ ref('benefit_month_person') }}
    where benefit_code in ('HL', 'YL', 'TK')
),

valid_cards as (
    select * from {{ ref('disability_card') }}
    where is_valid
),

cards as (
    {{ distinct_on(
        ['coalesce(resident_id::text, card_no)'],
        '*',
        'valid_cards',
        ['disability_level', 'issued_on desc', 'card_no']
    ) | indent(4) }}
),

residents as (select * from {{ ref('resident') }}),

care_by_person as (
    select
        resident_id,
        bool_or(is_active) as is_active,
        max(ended_on) as ended_on
    from {{ ref('int_benefits_by_person') }}
    where benefit_code in ('HL', 'YL', 'TK')
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
        where benefit_code in ('HL', 'YL', 'TK')
        union all
        select
            resident_id,
            case when is_day_unknown then 'death_date_unknown' else 'unresolved_namesake' end
        from {{ ref('int_possible_deaths') }}
    ) as told
    group by resident_id
),

judged as (
    select
        cards.*,
        residents.division_code,
        coalesce(care_by_person.is_active, false) as is_drawing,
        care_by_person.ended_on,
        case when care_by_person.is_active is not true then coalesce(
            {{ why_not_assessable(
                'cards.resident_id', ['disability_card', 'entitlement', 'aid_household', 'population', 'cremation'],
                'residents.division_code'
            ) }},
            doubts.reason
        ) end as reason
    from cards
    left join residents using (resident_id)
    left join care_by_person using (resident_id)
    left join doubts using (resident_id)
    where
        residents.died_on is null
        and cards.disability_level <= {{ rule_parameter('f02', 'max_level', 'residents.division_code') }}
),

outcomes as (
    select
        *,
        null::text as aid_household_no,
        not is_drawing and reason is null as is_hit,
        greatest(issued_on, ended_on) as missed_from,
        -- The month in which it ended was still paid.
        greatest(issued_on, ended_on + interval '1 month') as owed_from
    from judged
)

{{ subject_findings(
    judged='outcomes',
    facts={
        'disability_level': 'disability_level',
        'card_issued_on': 'issued_on',
    },
    sources=[source_line(none, "'disability_card'")],
    first_on='missed_from',
    amount_yuan=missed_yuan(
        "'HL'", 'outcomes.division_code', 'outcomes.resident_id', 'outcomes.owed_from'
    ),
    unknown={'line': 'case when resident_id is null then ' ~ source_record("'disability_card'") ~ ' end'}
) }}
