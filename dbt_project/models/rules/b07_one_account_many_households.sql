-- B07: one account serves more than two families: active aid households and people with a benefit of their
-- own. Who shares a member or stands in one household book is one family, also by way of others; whose people
-- are all in an institution, which may hold their money, does not count.
with recursive

source_freshness as (select * from {{ ref('source_freshness') }}),

rule_parameter as (select * from {{ ref('rule_parameter') }}),

residents as (select * from {{ ref('resident') }}),

households as (
    select * from {{ ref('aid_household') }}
    where is_active
),

entitlements as (
    select * from {{ ref('entitlement') }}
    where is_active
),

-- Whom an account serves. unit: sorted, households stand before people.
units as (
    select
        'household ' || aid_household_no as unit,
        aid_household_no,
        null::bigint as resident_id,
        null::text as entitlement_no,
        account_no,
        division_code,
        approved_on as served_from,
        {{ json_list([source_line('households', "'aid_household'")]) }} as sources
    from households
    union all
    select
        'person ' || coalesce(resident_id::text, entitlement_no),
        null,
        resident_id,
        case when resident_id is null then entitlement_no end,
        account_no,
        max(division_code),
        min(started_on),
        {{ json_collect(source_line('entitlements', "'entitlement'"), 'entitlement_no') }}
    from entitlements
    group by account_no, resident_id, case when resident_id is null then entitlement_no end, 1
),

people as (
    select
        units.unit,
        units.account_no,
        members.resident_id
    from units
    inner join {{ ref('aid_household_member') }} as members using (aid_household_no)
    where members.valid_to is null and members.resident_id is not null
    union
    select
        unit,
        account_no,
        resident_id
    from units
    where resident_id is not null
),

ties as (
    select
        unit,
        account_no,
        'resident ' || resident_id as tie
    from people
    union
    select
        people.unit,
        people.account_no,
        'book ' || residents.registered_household_no
    from people
    inner join residents using (resident_id)
    where residents.registered_household_no is not null
),

residents_in_care as (
    select distinct resident_id
    from {{ ref('eldercare_stay') }}
    where
        resident_id is not null
        and entered_on <= {{ business_date() }}
        and coalesce(left_on, 'infinity') > {{ business_date() }}
),

care as (
    select
        people.unit,
        count(*) = count(residents_in_care.resident_id) as is_in_care
    from people
    left join residents_in_care using (resident_id)
    group by people.unit
),

-- The first unit of a tie stands for it.
tied as (
    select
        unit,
        account_no,
        min(unit) over (partition by account_no, tie) as first_unit
    from ties
),

next_to as materialized (
    select account_no, unit, first_unit as neighbour from tied where unit <> first_unit
    union
    select account_no, first_unit, unit from tied where unit <> first_unit
),

-- From every unit that is the first in all its ties, whoever is reached from tie to tie.
reached as (
    {{ reached_from_first('reached', 'tied', 'next_to') }}
),

families as (
    select
        unit,
        account_no,
        min(first_unit) as first_unit
    from reached
    group by unit, account_no
),

served as (
    select
        units.*,
        {{ rule_parameter('b07', 'max_households', 'units.division_code') }} as max_households,
        families.first_unit,
        coalesce(care.is_in_care, false) as is_in_care,
        row_number() over (
            partition by units.account_no
            order by
                case when families.first_unit = units.unit and not care.is_in_care then 0 else 1 end,
                units.served_from nulls last,
                units.unit
        ) as family_number
    from units
    left join families on units.unit = families.unit and units.account_no = families.account_no
    left join care on units.unit = care.unit
),

accounts as (
    select
        account_no,
        count(*) as family_count,
        min(case when family_number > max_households then served_from end) as exceeded_on
    from served
    where first_unit = unit and not is_in_care
    group by account_no
    having count(*) > max(max_households)
),

account_sources as (
    select
        accounts.account_no,
        {{ json_collect('served.sources', 'served.unit') }} as sources
    from accounts
    inner join served using (account_no)
    where not served.is_in_care
    group by accounts.account_no
),

judged as (
    select
        served.*,
        accounts.family_count,
        accounts.exceeded_on,
        accounts.account_no is not null as is_hit,
        coalesce(
            case
                when served.account_no is null then 'account_missing'
                when served.first_unit is null then 'identity_unresolved'
            end,
            {{ why_not_current(['aid_household', 'entitlement', 'stay']) }}
        ) as reason
    from served
    left join accounts
        on
            served.account_no = accounts.account_no
            and not served.is_in_care
            and served.first_unit is not null
),

-- A person may be paid into several accounts.
subjects as (
    {{ distinct_on(
        ['unit'], '*', 'judged', ['is_hit desc', 'exceeded_on', '(reason is null)', 'account_no']
    ) | indent(4) }}
)

select
    subjects.resident_id as subject_resident_id,
    subjects.aid_household_no,
    subjects.division_code,
    case when subjects.is_hit then greatest(subjects.served_from, subjects.exceeded_on) end as first_on,
    null::date as last_on,
    {{ outcome('subjects.is_hit', 'subjects.reason') }} as outcome,
    null::numeric(14, 2) as amount_yuan,
    case
        when subjects.is_hit then {{ evidence({
            'family_count': 'subjects.family_count',
            'account_tail': 'right(subjects.account_no, 4)',
        }, ['account_sources.sources']) }}
        {% set doubts = reason_facts('subjects.reason') -%}
        {% do doubts.update({'entitlement_no': 'subjects.entitlement_no'}) -%}
        when subjects.reason is not null then {{ evidence(doubts, ['subjects.sources']) }}
    end as evidence
from subjects
left join account_sources using (account_no)
