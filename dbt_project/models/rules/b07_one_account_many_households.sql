-- B07: one account serves more than two active aid households with different members.
-- Households that share a member are one family; households of people in an institution,
-- which may hold their money, do not count.
with

households as (
    select
        household.*,
        {{ rule_parameter('b07', 'max_households', 'household.division_code') }} as max_households
    from {{ ref('aid_household') }} as household
    where household.is_active
),

members as (
    select
        households.aid_household_no,
        households.account_no,
        members.resident_id,
        min(households.aid_household_no) over (
            partition by households.account_no, members.resident_id
        ) as first_household_no
    from households
    inner join {{ ref('aid_household_member') }} as members using (aid_household_no)
    where members.valid_to is null and members.resident_id is not null
),

residents_in_care as (
    select distinct resident_id
    from {{ ref('eldercare_stay') }}
    where
        resident_id is not null
        and entered_on <= {{ business_date() }}
        and coalesce(left_on, 'infinity') > {{ business_date() }}
),

families as (
    select
        members.aid_household_no,
        min(members.first_household_no) as first_household_no,
        count(*) = count(residents_in_care.resident_id) as is_in_care
    from members
    left join residents_in_care using (resident_id)
    group by members.aid_household_no
),

served as (
    select
        households.*,
        families.first_household_no,
        coalesce(families.is_in_care, false) as is_in_care,
        row_number() over (
            partition by households.account_no
            order by
                case
                    when families.first_household_no = households.aid_household_no and not families.is_in_care then 0
                    else 1
                end,
                households.approved_on,
                households.aid_household_no
        ) as family_number
    from households
    left join families using (aid_household_no)
),

accounts as (
    select
        account_no,
        count(*) as family_count,
        min(case when family_number > max_households then approved_on end) as exceeded_on
    from served
    where account_no <> '' and first_household_no = aid_household_no and not is_in_care
    group by account_no
    having count(*) > max(max_households)
),

account_sources as (
    select
        accounts.account_no,
        {{ json_collect(source_line('served', "'aid_household'"), 'served.aid_household_no') }} as sources
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
        case
            when served.first_household_no is null then 'identity_unresolved'
            when coalesce(served.account_no, '') = '' then 'account_missing'
            when not {{ sources_are_current(['aid_household', 'stay']) }} then 'source_missing_or_stale'
        end as reason
    from served
    left join accounts
        on
            served.account_no = accounts.account_no
            and not served.is_in_care
            and served.first_household_no is not null
)

select
    null::bigint as subject_resident_id,
    judged.aid_household_no,
    judged.division_code,
    case when judged.is_hit then greatest(judged.approved_on, judged.exceeded_on) end as first_on,
    null::date as last_on,
    {{ outcome('judged.is_hit', 'judged.reason') }} as outcome,
    null::numeric(14, 2) as amount_yuan,
    case
        when judged.is_hit then {{ evidence({
            'family_count': 'judged.family_count',
            'account_tail': 'right(judged.account_no, 4)',
        }, ['account_sources.sources']) }}
        when judged.reason is not null then {{ evidence({'reason': 'judged.reason'}, [
            source_line('judged', "'aid_household'"),
        ]) }}
    end as evidence
from judged
left join account_sources using (account_no)
