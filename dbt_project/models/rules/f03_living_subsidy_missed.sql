-- F03: a living, disabled member of an active dibao household draws no living subsidy (CJ).
-- Tekun and support as an orphan or de facto unsupported child exclude it.
with

members as (
    {{ active_dibao_members() }}
),

cards as (
    {{ distinct_on(
        ['resident_id'],
        '*',
        ref('disability_card') ~ ' where is_valid and resident_id is not null',
        ['disability_level', 'issued_on desc', 'card_no']
    ) | indent(4) }}
),

residents as (select * from {{ ref('resident') }}),

support as (
    select
        resident_id,
        is_active,
        ended_on
    from {{ ref('entitlement') }}
    where benefit_code in ('CJ', 'GE', 'SW') and resident_id is not null
    union all
    select
        members_of_tekun.resident_id,
        households.is_active and members_of_tekun.valid_to is null as is_active,
        coalesce(members_of_tekun.valid_to, households.stopped_on) as ended_on
    from {{ ref('aid_household') }} as households
    inner join {{ ref('aid_household_member') }} as members_of_tekun using (aid_household_no)
    where
        households.aid_type_code = 'TK'
        and members_of_tekun.is_covered is not false
        and members_of_tekun.resident_id is not null
),

support_by_person as (
    select
        resident_id,
        max(is_active::int) = 1 as is_active,
        max(ended_on) as ended_on
    from support
    group by resident_id
),

namesakes as ({{ unresolved_namesakes(['CJ', 'GE', 'SW']) }}),

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
        coalesce(
            {{ why_not_assessable(
                'members.resident_id', ['disability_card', 'entitlement', 'aid_household', 'population', 'cremation']
            ) }},
            case when cards.resident_id is not null and namesakes.name is not null then 'unresolved_namesake' end
        ) as reason
    from members
    left join residents using (resident_id)
    left join cards using (resident_id)
    left join support_by_person using (resident_id)
    left join namesakes on residents.name = namesakes.name and residents.division_code = namesakes.division_code
    where residents.died_on is null
),

outcomes as (
    select
        *,
        greatest(approved_on, issued_on, ended_on) as missed_from,
        -- The month in which it ended was still paid.
        greatest(approved_on, issued_on, ended_on + interval '1 month') as owed_from,
        case when is_drawing then 'clear' else {{ outcome('is_disabled and reason is null', 'reason') }} end as outcome
    from judged
)

select
    resident_id as subject_resident_id,
    aid_household_no,
    division_code,
    case when outcome = 'hit' then missed_from end as first_on,
    null::date as last_on,
    outcome,
    case
        when outcome = 'hit'
            then {{ missed_yuan("'CJ'", 'outcomes.division_code', 'outcomes.owed_from') }}
    end::numeric(14, 2) as amount_yuan,
    case
        when outcome = 'hit' then {{ evidence({
            'disability_level': 'disability_level',
            'card_issued_on': 'issued_on',
            'approved_on': 'approved_on',
        }, [source_line(none, "'aid_household'"), 'card_source']) }}
        when outcome = 'not_assessable' then {{ evidence({
            'reason': 'reason',
            'member_no': 'case when resident_id is null then member_no end',
        }, [source_line(none, "'aid_household'")]) }}
    end as evidence
from outcomes
