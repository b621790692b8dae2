-- C02: dibao was approved within 365 days after the divorce of a member. A question, not a
-- reproach: separation is a common cause of need. Who had married the same person again by then
-- is not divorced.
with

source_freshness_by_division as (select * from {{ ref('source_freshness_by_division') }}),

rule_parameter as (select * from {{ ref('rule_parameter') }}),

households as (
    select * from {{ ref('aid_household') }}
    where aid_type_code = 'DB' and approved_on is not null
),

declared as (select * from {{ ref('aid_household_member') }}),

members as (
    {{ distinct_on(
        ['aid_household_no', 'coalesce(resident_id, -member_no)'],
        '*',
        'declared',
        ['valid_to desc nulls first', 'member_no']
    ) | indent(4) }}
),

spells as (select * from {{ ref('int_marriages_by_person') }}),

-- A divorce whose people cannot be resolved may be that of a member of the same name. People are joined
-- before days are compared: every household with every divorce would be too many.
divorces_of_members as (
    {% for same_person in ['spells.resident_id = members.resident_id', 'spells.name = members.name'] -%}
    select
        members.aid_household_no,
        members.resident_id,
        spells.certificate_no,
        spells.spouse_resident_id,
        spells.spouse_name,
        spells.ended_on,
        spells.ended_source_line as source_line,
        spells.resident_id is not null as is_certain
    from members
    inner join spells on {{ same_person }}
    where spells.ended_by = 'divorce' and spells.resident_id is {{ 'not null' if loop.first else 'null' }}
    {% if not loop.last -%}
    union all
    {% endif -%}
    {% endfor %}
),

divorces as (
    select divorces_of_members.*
    from households
    inner join divorces_of_members using (aid_household_no)
    where
        households.approved_on >= divorces_of_members.ended_on
        and households.approved_on - divorces_of_members.ended_on
        <= {{ rule_parameter('c02', 'max_days', 'households.division_code') }}
        and not exists (
            select 1 from spells as again
            where
                again.resident_id = divorces_of_members.resident_id
                and (
                    again.spouse_resident_id = divorces_of_members.spouse_resident_id
                    or again.spouse_name = divorces_of_members.spouse_name
                )
                and again.registered_on between divorces_of_members.ended_on and households.approved_on
                and again.certificate_no <> divorces_of_members.certificate_no
        )
),

certain_divorces as (
    select * from divorces
    where is_certain
),

recent_divorces as (
    {{ distinct_on(
        ['aid_household_no', 'resident_id'],
        'aid_household_no, resident_id, ended_on, source_line',
        'certain_divorces',
        ['ended_on desc', 'certificate_no']
    ) | indent(4) }}
),

namesakes as (
    select distinct
        aid_household_no,
        resident_id
    from divorces
    where not is_certain
),

judged as (
    select
        members.aid_household_no,
        members.resident_id,
        members.member_no,
        members.delivery_id,
        members.line_number,
        households.division_code,
        households.approved_on,
        recent_divorces.ended_on as divorced_on,
        recent_divorces.source_line,
        recent_divorces.ended_on is not null as is_hit,
        coalesce(
            {{ why_not_assessable(
                'members.resident_id', ['aid_household', 'marriage_event'], 'households.division_code'
            ) }},
            case when namesakes.resident_id is not null then 'unresolved_namesake' end
        ) as reason
    from households
    inner join members using (aid_household_no)
    left join recent_divorces using (aid_household_no, resident_id)
    left join namesakes using (aid_household_no, resident_id)
)

{{ subject_findings(
    facts={
        'divorced_on': 'divorced_on',
        'approved_on': 'approved_on',
        'day_count': 'approved_on - divorced_on',
    },
    sources=[source_line(none, "'aid_household'"), 'source_line'],
    first_on='divorced_on',
    last_on='approved_on'
) }}
