{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    on_schema_change='fail',
    meta={
        'touched_by': 'int_touched_households',
        'touched_on': {'household_kind': 'household_kind', 'household_no': 'household_no'}
    },
    indexes=[{'columns': ['household_kind', 'household_no']}, published_key(['household_kind', 'household_no'])]
) }}

-- Means of households of the three kinds on the business date: from the sources, and what counts by
-- the parameters in force (household_means_item tells each figure line by line). Unresolved members
-- are counted in the divisor and named by the difference of the two counts; a member of whom no source
-- tells an income is counted as unknown, never as poor.
with

source_freshness_by_division as (select * from {{ ref('source_freshness_by_division') }}),

national as (select * from {{ ref('int_national_parameters') }}),

households as (
    select
        households.*,
        bases.basis
    from {{ ref('int_households') }} as households
    inner join {{ ref('int_household_bases') }} as bases using (household_kind, household_no)
    {{ only_touched_households(ref('int_touched_households'), 'households') }}
),

items as (
    select items.*
    from {{ ref('household_means_item') }} as items
    {{ only_touched_households(ref('int_touched_households'), 'items') }}
),

members as (
    select members.*
    from {{ ref('int_household_members') }} as members
    {{ only_touched_households(ref('int_touched_households'), 'members') }}
),

residents as (select * from {{ ref('resident') }}),

parameters as (select * from {{ ref('int_means_parameters') }}),

standards as (
    select * from {{ ref('int_standards_by_division') }}
    where {{ is_in_force() }}
),

window_size as (
    select
        count(*) as month_count,
        max(income_month) as income_month
    from {{ ref('income_window') }}
),

sums as (
    select
        household_kind,
        household_no,
        sum(case
            when item_kind = 'income' and category not in ('declared', 'assistance') then amount_yuan * month_count
        end) as verified_sum_yuan,
        sum(case when item_kind = 'income' then counted_yuan * month_count end) as counted_sum_yuan,
        sum(case when item_kind = 'deduction' then counted_yuan * month_count end) as deduction_sum_yuan,
        count(distinct case when category = 'dwelling' then item_no end) as dwelling_count,
        count(distinct case when category = 'company_role' then item_no end) as company_count,
        count(distinct case
            when category = 'company_role' and detail in ('法定代表人', '股东') then item_no
        end) as own_company_count,
        coalesce(sum(case
            when category in ('deposit', 'security') then amount_yuan * coalesce(counted_share, 1)
        end), 0) as deposit_yuan
    from items
    group by household_kind, household_no
),

-- A vehicle that several senders name is one, of the largest value that is told.
vehicles as (
    select
        household_kind,
        household_no,
        item_no,
        max(amount_yuan) as amount_yuan,
        max(case when detail is distinct from 'C21' then 1 else 0 end) = 1 as is_car
    from items
    where category = 'vehicle'
    group by household_kind, household_no, item_no
),

vehicle_sums as (
    select
        household_kind,
        household_no,
        count(item_no) as vehicle_count,
        sum(amount_yuan) as vehicle_value_yuan,
        max(case when is_car then amount_yuan end) as dearest_yuan,
        max(case when is_car and amount_yuan is null then 1 else 0 end) = 1 as has_unvalued_vehicle
    from vehicles
    group by household_kind, household_no
),

-- So is what one person holds of one company: all its shares in a line, and the largest of several lines.
holdings as (
    select
        household_kind,
        household_no,
        resident_id,
        item_no,
        delivery_id,
        line_number,
        sum(amount_yuan) as amount_yuan
    from items
    where category = 'company_role' and detail = '股东'
    group by household_kind, household_no, resident_id, item_no, delivery_id, line_number
),

single_holdings as (
    select
        household_kind,
        household_no,
        resident_id,
        item_no,
        max(amount_yuan) as amount_yuan
    from holdings
    group by household_kind, household_no, resident_id, item_no
),

holding_sums as (
    select
        household_kind,
        household_no,
        sum(amount_yuan) as share_capital_yuan
    from single_holdings
    group by household_kind, household_no
),

sources as (
    select
        household_kind,
        household_no,
        {{ json_collect(json_object({
            'feed': 'feed', 'delivery_id': 'delivery_id', 'line_number': 'line_number',
        }), 'delivery_id, line_number') }} as income_sources
    from items
    where item_kind = 'income' and category not in ('declared', 'assistance')
    group by household_kind, household_no
),

-- Whoever has an income, or a severe disability that explains why there is none.
explained as (
    select resident_id
    from items
    where item_kind = 'income' and category <> 'assistance' and resident_id is not null
    union
    select resident_id
    from {{ ref('disability_card') }}
    where
        is_valid
        and resident_id is not null
        and disability_level <= (select dependent_disability_level from national)
),

-- An income whose amount is not told is not known, whatever else is.
untold as (
    select distinct resident_id
    from items
    where item_kind = 'income' and category <> 'assistance' and amount_yuan is null and resident_id is not null
),

unknown_incomes as (
    select
        members.household_kind,
        members.household_no,
        count(*) as unknown_income_count
    from members
    inner join residents using (resident_id)
    left join explained using (resident_id)
    left join untold using (resident_id)
    where
        untold.resident_id is not null
        or (
            {{ years_later('residents.born_on', '(select adult_age_years from national)') }} <= {{ business_date() }}
            and explained.resident_id is null
        )
    group by members.household_kind, members.household_no
),

-- Banks are asked about single people: of whoever they were not asked about nothing is known.
not_asked as (
    select
        members.household_kind,
        members.household_no,
        count(*) as not_asked_count
    from members
    left join {{ ref('int_bank_answers') }} as answers using (resident_id)
    where answers.resident_id is null
    group by members.household_kind, members.household_no
),

limits as (
    select
        division_code,
        max(case when parameter = 'vehicle_value_limit_yuan' then value end) as vehicle_value_limit_yuan,
        max(case when parameter = 'max_dwellings' then value end) as max_dwellings,
        max(case when parameter = 'max_companies' then value end) as max_companies,
        max(case when parameter = 'share_capital_limit_yuan' then value end) as share_capital_limit_yuan,
        max(case when parameter = 'deposit_limit_standard_multiple' then value end) as deposit_limit_standard_multiple
    from parameters
    group by division_code
),

figures as (
    select
        households.*,
        window_size.income_month,
        window_size.month_count,
        coalesce(sums.verified_sum_yuan, 0) / greatest(window_size.month_count, 1) as income_yuan,
        coalesce(sums.counted_sum_yuan, 0) / greatest(window_size.month_count, 1) as counted_income_yuan,
        coalesce(sums.deduction_sum_yuan, 0) / greatest(window_size.month_count, 1) as deduction_yuan,
        greatest(coalesce(sums.counted_sum_yuan, 0) - coalesce(sums.deduction_sum_yuan, 0), 0)
        / greatest(window_size.month_count, 1) as countable_income_yuan,
        standards.amount_yuan as standard_yuan,
        coalesce(unknown_incomes.unknown_income_count, 0) as unknown_income_count,
        coalesce(vehicle_sums.vehicle_count, 0) as vehicle_count,
        coalesce(vehicle_sums.vehicle_value_yuan, 0) as vehicle_value_yuan,
        coalesce(sums.dwelling_count, 0) as dwelling_count,
        coalesce(sums.company_count, 0) as company_count,
        coalesce(sums.own_company_count, 0) as own_company_count,
        coalesce(holding_sums.share_capital_yuan, 0) as share_capital_yuan,
        coalesce(vehicle_sums.dearest_yuan, 0) as dearest_yuan,
        coalesce(sums.deposit_yuan, 0) as deposit_yuan,
        households.resolved_member_count = households.member_count as knows_everybody,
        {{ sources_are_current(['vehicle'], 'households.division_code') }}
        and not coalesce(vehicle_sums.has_unvalued_vehicle, false) as knows_vehicles,
        {{ sources_are_current(['real_estate'], 'households.division_code') }} as knows_dwellings,
        {{ sources_are_current(['company'], 'households.division_code') }} as knows_companies,
        {{ sources_are_current(['bank_deposit'], 'households.division_code', where_bound=['property_record']) }}
        and not_asked.not_asked_count is null as knows_deposits,
        sources.income_sources
    from households
    cross join window_size
    left join sums using (household_kind, household_no)
    left join vehicle_sums using (household_kind, household_no)
    left join holding_sums using (household_kind, household_no)
    left join sources using (household_kind, household_no)
    left join unknown_incomes using (household_kind, household_no)
    left join not_asked using (household_kind, household_no)
    left join standards using (division_code, standard_code)
),

limited as (
    select
        figures.*,
        limits.vehicle_value_limit_yuan,
        limits.max_dwellings,
        limits.max_companies,
        limits.share_capital_limit_yuan,
        round(limits.deposit_limit_standard_multiple * figures.standard_yuan * figures.member_count, 2)
            as deposit_limit_yuan
    from figures
    left join limits on {{ division_or_country('figures.division_code') }} = limits.division_code
),

tested as (
    select
        figures.*,
        {{ property_test('dearest_yuan', 'vehicle_value_limit_yuan', 'knows_vehicles') }} as vehicle_outcome,
        {{ property_test('dwelling_count', 'max_dwellings', 'knows_dwellings') }} as dwelling_outcome,
        {{ property_test('own_company_count', 'max_companies', 'knows_companies') }} as company_outcome,
        {{ property_test('share_capital_yuan', 'share_capital_limit_yuan', 'knows_companies') }}
            as share_capital_outcome,
        {{ property_test('deposit_yuan', 'deposit_limit_yuan', 'knows_deposits') }} as deposit_outcome
    from limited as figures
)

select
    household_kind,
    household_no,
    aid_household_no,
    division_code,
    member_count,
    resolved_member_count,
    unknown_income_count,
    income_month,
    month_count::integer as month_count,
    {{ capped('income_yuan') | indent(4) }} as income_yuan,
    {{ capped('income_yuan / member_count') | indent(4) }} as income_per_capita_yuan,
    {{ capped('counted_income_yuan') | indent(4) }} as counted_income_yuan,
    {{ capped('deduction_yuan') | indent(4) }} as deduction_yuan,
    {{ capped('countable_income_yuan') | indent(4) }} as countable_income_yuan,
    {{ capped('countable_income_yuan / member_count') | indent(4) }} as countable_per_capita_yuan,
    standard_code,
    standard_yuan,
    {{ capped('income_yuan / member_count / nullif(standard_yuan, 0)', 10, 4) | indent(4) }} as standard_multiple,
    {{ capped(
        'countable_income_yuan / member_count / nullif(standard_yuan, 0)', 10, 4
    ) | indent(4) }} as countable_multiple,
    vehicle_count,
    {{ capped('vehicle_value_yuan') | indent(4) }} as vehicle_value_yuan,
    dwelling_count,
    company_count,
    {{ capped('share_capital_yuan') | indent(4) }} as share_capital_yuan,
    -- Deposits that nobody was asked about leave it to the registers, which know everybody.
    case
        when
            'above' in (vehicle_outcome, dwelling_outcome, company_outcome, share_capital_outcome, deposit_outcome)
            then 'above'
        when
            'not_assessable' in (vehicle_outcome, dwelling_outcome, company_outcome, share_capital_outcome)
            then 'not_assessable'
        else 'within'
    end as property_outcome,
    {{ json_list([
        json_object({'test': "'vehicle'", 'value': 'dearest_yuan', 'limit': 'vehicle_value_limit_yuan::numeric(14, 2)',
            'outcome': 'vehicle_outcome'}),
        json_object({'test': "'dwelling'", 'value': 'dwelling_count', 'limit': 'max_dwellings::integer',
            'outcome': 'dwelling_outcome'}),
        json_object({'test': "'company'", 'value': 'own_company_count', 'limit': 'max_companies::integer',
            'outcome': 'company_outcome'}),
        json_object({'test': "'share_capital'", 'value': 'share_capital_yuan',
            'limit': 'share_capital_limit_yuan::numeric(14, 2)', 'outcome': 'share_capital_outcome'}),
        json_object({'test': "'deposit'",
            'value': "case when deposit_yuan > 0 or deposit_outcome <> 'not_assessable' then round(deposit_yuan, 2) end",
            'limit': 'deposit_limit_yuan', 'outcome': 'deposit_outcome'}),
    ]) }} as property_tests,
    income_sources,
    basis
from tested
