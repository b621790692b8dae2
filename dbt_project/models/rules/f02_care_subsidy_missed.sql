-- F02: a living holder of a valid disability card of level 1 or 2 draws neither care subsidy
-- (HL) nor tekun nor eldercare subsidy (YL), of which one only may stand.
with

cards as (
    {{ distinct_on(
        ["coalesce(resident_id::text, card_no)"],
        '*',
        ref('disability_card') ~ ' where is_valid',
        ['disability_level', 'issued_on desc', 'card_no']
    ) | indent(4) }}
),

residents as (select * from {{ ref('resident') }}),

care as (
    select
        resident_id,
        is_active,
        ended_on
    from {{ ref('entitlement') }}
    where benefit_code in ('HL', 'YL') and resident_id is not null
    union all
    select
        members.resident_id,
        households.is_active and members.valid_to is null as is_active,
        coalesce(members.valid_to, households.stopped_on) as ended_on
    from {{ ref('aid_household') }} as households
    inner join {{ ref('aid_household_member') }} as members using (aid_household_no)
    where households.aid_type_code = 'TK' and members.is_covered is not false and members.resident_id is not null
),

care_by_person as (
    select
        resident_id,
        max(is_active::int) = 1 as is_active,
        max(ended_on) as ended_on
    from care
    group by resident_id
),

namesakes as ({{ unresolved_namesakes(['HL', 'YL']) }}),

judged as (
    select
        cards.*,
        residents.division_code,
        coalesce(care_by_person.is_active, false) as is_drawing,
        care_by_person.ended_on,
        coalesce(
            {{ why_not_assessable(
                'cards.resident_id', ['disability_card', 'entitlement', 'aid_household', 'population', 'cremation']
            ) }},
            case when namesakes.name is not null then 'unresolved_namesake' end
        ) as reason
    from cards
    left join residents using (resident_id)
    left join care_by_person using (resident_id)
    left join namesakes on residents.name = namesakes.name and residents.division_code = namesakes.division_code
    where
        residents.died_on is null
        and cards.disability_level <= {{ rule_parameter('f02', 'max_level', 'residents.division_code') }}
),

outcomes as (
    select
        *,
        greatest(issued_on, ended_on) as missed_from,
        -- The month in which it ended was still paid.
        greatest(issued_on, ended_on + interval '1 month') as owed_from,
        case when is_drawing then 'clear' else {{ outcome('reason is null', 'reason') }} end as outcome
    from judged
)

select
    resident_id as subject_resident_id,
    null::text as aid_household_no,
    division_code,
    case when outcome = 'hit' then missed_from end as first_on,
    null::date as last_on,
    outcome,
    case
        when outcome = 'hit'
            then {{ missed_yuan("'HL'", 'outcomes.division_code', 'outcomes.owed_from') }}
    end::numeric(14, 2) as amount_yuan,
    case
        when outcome = 'hit' then {{ evidence({
            'disability_level': 'disability_level',
            'card_issued_on': 'issued_on',
        }, [source_line(none, "'disability_card'")]) }}
        when outcome = 'not_assessable' then {{ evidence({
            'reason': 'reason',
            'line': 'case when resident_id is null then ' ~ source_line(none, "'disability_card'") ~ ' end',
        }, [source_line(none, "'disability_card'")]) }}
    end as evidence
from outcomes
