-- A01: money is due for the month of death, never after. A household is paid as long as one
-- of its members lives; arrears count for the month they are paid for, and what was taken back for it is
-- no longer paid. A case that is not on file is
-- judged by its payee, unless it is a household's.
with

source_freshness_by_division as (select * from {{ ref('source_freshness_by_division') }}),

payments as (
    select * from {{ ref('benefit_month') }}
    where is_paid
),

residents as (select * from {{ ref('resident') }}),

possible_deaths as (
    select
        resident_id,
        min(died_on) as died_on,
        bool_or(is_day_unknown) as is_day_unknown
    from {{ ref('int_possible_deaths') }}
    group by resident_id
),

-- The last composition of a household stands; who left it before counts up to that day.
household_members as (
    select
        members.aid_household_no,
        members.resident_id,
        residents.died_on,
        coalesce(possible_deaths.died_on, 'infinity') as possible_death_on,
        coalesce(possible_deaths.is_day_unknown, false) as is_day_unknown,
        least(residents.died_on, case when not members.is_last then members.valid_to end) as last_day,
        members.is_last
    from (
        select
            *,
            coalesce(valid_to, 'infinity') = max(coalesce(valid_to, 'infinity')) over (
                partition by aid_household_no
            ) as is_last
        from {{ ref('aid_household_member') }}
    ) as members
    left join residents using (resident_id)
    left join possible_deaths using (resident_id)
),

households as (
    select
        aid_household_no,
        max(last_day) as last_day,
        max(case when is_last and last_day is null then possible_death_on end) as possible_last_day,
        sum(case
            when is_last and resident_id is not null and last_day is null and not is_day_unknown then 1 else 0
        end) as living_count,
        -- Dead, and nobody tells since when.
        sum(case when is_last and last_day is null and is_day_unknown then 1 else 0 end) as undated_count,
        sum(case when is_last and resident_id is null then 1 else 0 end) as unknown_count
    from household_members
    group by aid_household_no
),

last_known_members as (
    select * from household_members
    where is_last and resident_id is not null
),

-- The person named for a household: a living member, else who died last.
household_subjects as (
    {{ distinct_on(
        ['aid_household_no'],
        'aid_household_no, resident_id',
        'last_known_members',
        ['died_on desc nulls first', 'resident_id']
    ) | indent(4) }}
),

-- A household that is not on file may have living members nobody knows; a person's case is the payee's.
cases_off_file as (
    select
        payments.case_no,
        min(payments.payee_resident_id) as resident_id
    from payments
    where
        payments.aid_household_no is null
        and payments.entitlement_no is null
        and payments.benefit_code not in ('DB', 'TK', 'BY', 'GX')
    group by payments.case_no
    having count(distinct payments.payee_resident_id) = 1
),

cases as (
    select
        households.aid_household_no as case_no,
        households.aid_household_no,
        household_subjects.resident_id,
        case
            when households.living_count + households.unknown_count + households.undated_count = 0
                then households.last_day
        end as last_day,
        households.possible_last_day,
        households.living_count = 0 and households.undated_count > 0 as is_undated,
        households.living_count = 0 and households.unknown_count > 0 as is_unknown
    from households
    left join household_subjects using (aid_household_no)
    union all
    select
        entitlements.entitlement_no,
        null,
        entitlements.resident_id,
        residents.died_on,
        case when residents.died_on is null then possible_deaths.died_on end,
        coalesce(possible_deaths.is_day_unknown, false),
        entitlements.resident_id is null
    from (
        select entitlement_no, resident_id from {{ ref('entitlement') }}
        union all
        select case_no, resident_id from cases_off_file
    ) as entitlements
    left join residents using (resident_id)
    left join possible_deaths using (resident_id)
),

judged_months as not materialized (
    select
        payments.case_no,
        payments.benefit_month,
        payments.division_code,
        payments.paid_yuan as amount_yuan,
        payments.recovered_yuan,
        cases.aid_household_no,
        cases.resident_id,
        cases.last_day,
        residents.death_feed,
        {{ json_list(['payments.sources', source_line('residents', 'residents.death_feed', 'death_')]) }} as sources,
        coalesce(payments.benefit_month > {{ month_start('cases.last_day') }}, false) as is_hit,
        coalesce(
            -- A payment of whom nobody tells cannot be judged either.
            case when coalesce(cases.is_unknown, true) then 'identity_unresolved' end,
            {{ why_not_current(['payment', 'population', 'cremation'], 'payments.division_code') }},
            case
                when cases.is_undated then 'death_date_unknown'
                when payments.benefit_month > {{ month_start('cases.possible_last_day') }} then 'unresolved_namesake'
            end
        ) as reason
    from payments
    left join cases using (case_no)
    left join residents on cases.resident_id = residents.resident_id
),

{{ month_findings(facts={
    'died_on': 'max(last_day)',
    'death_source': 'max(death_feed)',
    'recovered_yuan': 'nullif(sum(recovered_yuan), 0)',
}) }}
