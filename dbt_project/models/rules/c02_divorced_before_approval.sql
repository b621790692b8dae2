-- C02: dibao was approved within 365 days after the divorce of a member. A question, not a
-- reproach: separation is a common cause of need. Who had married the same person again by then
-- is not divorced.
with

households as (
    select * from {{ ref('aid_household') }}
    where aid_type_code = 'DB' and approved_on is not null
),

members as (
    {{ distinct_on(
        ['aid_household_no', 'coalesce(resident_id, -member_no)'],
        '*',
        ref('aid_household_member'),
        ['valid_to desc nulls first', 'member_no']
    ) | indent(4) }}
),

spells as (
    {{ marriages_by_person() | indent(4) }}
),

divorces as (
    select
        spells.*,
        households.aid_household_no
    from households
    inner join spells
        on
            households.approved_on >= spells.ended_on
            and households.approved_on - spells.ended_on
            <= {{ rule_parameter('c02', 'max_days', 'households.division_code') }}
    where
        spells.ended_by = 'divorce'
        and not exists (
            select 1 from spells as again
            where
                again.resident_id = spells.resident_id
                and (
                    again.spouse_resident_id = spells.spouse_resident_id
                    or again.spouse_name = spells.spouse_name
                )
                and again.registered_on between spells.ended_on and households.approved_on
                and again.certificate_no <> spells.certificate_no
        )
),

recent_divorces as (
    {{ distinct_on(
        ['members.aid_household_no', 'members.resident_id'],
        'members.aid_household_no, members.resident_id, divorces.ended_on, divorces.ended_source_line as source_line',
        'members inner join divorces using (aid_household_no, resident_id)',
        ['divorces.ended_on desc', 'divorces.certificate_no']
    ) | indent(4) }}
),

-- A divorce whose people cannot be resolved may be the member's.
namesakes as (
    select distinct
        members.aid_household_no,
        members.resident_id
    from members
    inner join divorces using (aid_household_no, name)
    where divorces.resident_id is null
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
            {{ why_not_assessable('members.resident_id', ['aid_household', 'marriage_event']) }},
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
