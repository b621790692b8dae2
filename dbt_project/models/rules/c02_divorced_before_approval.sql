-- C02: dibao was approved within 365 days after the divorce of a member. A question, not a
-- reproach: separation is a common cause of need.
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

divorces as (
    select
        husband_resident_id as resident_id,
        certificate_no,
        ended_on,
        ended_feed,
        ended_delivery_id,
        ended_line_number
    from {{ ref('marriage_spell') }}
    where ended_by = 'divorce'
    union all
    select
        wife_resident_id,
        certificate_no,
        ended_on,
        ended_feed,
        ended_delivery_id,
        ended_line_number
    from {{ ref('marriage_spell') }}
    where ended_by = 'divorce'
),

recent_divorces as (
    {{ distinct_on(
        ['members.aid_household_no', 'members.resident_id'],
        'members.aid_household_no, members.resident_id, divorces.ended_on, '
            ~ source_line('divorces', 'divorces.ended_feed', 'ended_') ~ ' as source_line',
        'households inner join members using (aid_household_no) inner join divorces using (resident_id) '
            ~ 'where divorces.ended_on <= households.approved_on and households.approved_on - divorces.ended_on <= '
            ~ rule_parameter('c02', 'max_days', 'households.division_code'),
        ['divorces.ended_on desc', 'divorces.certificate_no']
    ) | indent(4) }}
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
        {{ why_not_assessable('members.resident_id', ['aid_household', 'marriage_event']) }} as reason
    from households
    inner join members using (aid_household_no)
    left join recent_divorces using (aid_household_no, resident_id)
)

select
    resident_id as subject_resident_id,
    aid_household_no,
    division_code,
    divorced_on as first_on,
    case when divorced_on is not null then approved_on end as last_on,
    {{ outcome('divorced_on is not null', 'reason') }} as outcome,
    null::numeric(14, 2) as amount_yuan,
    case
        when divorced_on is not null then {{ evidence({
            'divorced_on': 'divorced_on',
            'approved_on': 'approved_on',
            'day_count': 'approved_on - divorced_on',
        }, [source_line(none, "'aid_household'"), 'source_line']) }}
        when reason is not null then {{ evidence({
            'reason': 'reason',
            'member_no': 'case when resident_id is null then member_no end',
        }, [source_line(none, "'aid_household'")]) }}
    end as evidence
from judged
