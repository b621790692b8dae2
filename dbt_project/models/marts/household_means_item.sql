{{ config(
    materialized='incremental',
    incremental_strategy='touched',
    on_schema_change='fail',
    meta={
        'touched_by': 'int_touched_households',
        'touched_on': {'household_kind': 'household_kind', 'household_no': 'household_no'}
    },
    indexes=[
        {'columns': ['household_kind', 'household_no']},
        published_key(['household_kind', 'household_no', 'resident_id', 'item_kind', 'category', 'delivery_id', 'line_number'])
    ]
) }}

-- Every figure of household_means stands here line by line: income that counts and that does not,
-- deductions, property; by household of each kind, person and source line. Monthly sums: the
-- household's income is the sum of counted_yuan times month_count over the months of the window.
with

members as (
    select members.*
    from {{ ref('int_household_members') }} as members
    {{ only_touched_households(ref('int_touched_households'), 'members') }}
),

households as (select * from {{ ref('int_households') }}),

standards as (
    select * from {{ ref('int_standards_by_division') }}
    where {{ is_in_force() }}
),

window_size as (select count(*) as month_count from {{ ref('income_window') }} as window_months),

verified_in_window as (
    select verified.*
    from {{ ref('income_item') }} as verified
    inner join {{ ref('income_window') }} as window_months using (income_month)
    where verified.resident_id is not null
),

declarations as (
    select * from {{ ref('income_item') }}
    where income_kind = 'declared' and resident_id is not null
),

declared as (
    {{ distinct_on(
        ['resident_id'], '*', 'declarations',
        ['amount_yuan desc', 'delivery_id', 'line_number']
    ) | indent(4) }}
),

-- A household's benefit is shared by the heads it covers.
assistance as (
    select
        paid.resident_id,
        paid.benefit_code,
        paid.benefit_month,
        paid.paid_share_yuan as amount_yuan,
        {{ json_part('paid.sources', 0) }} as source
    from {{ ref('benefit_month_person') }} as paid
    inner join {{ ref('income_window') }} as window_months on paid.benefit_month = window_months.income_month
),

incomes as (
    select
        resident_id,
        income_kind as category,
        insurance_type as detail,
        income_month,
        amount_yuan,
        1 as month_count,
        feed,
        delivery_id,
        line_number,
        position
    from verified_in_window

    union all

    -- What somebody declares counts where no source tells of an income.
    select
        declared.resident_id,
        'declared',
        null,
        null,
        declared.amount_yuan,
        greatest(window_size.month_count, 1),
        declared.feed,
        declared.delivery_id,
        declared.line_number,
        declared.position
    from declared
    cross join window_size
    where not exists (
        select 1 from verified_in_window
        where verified_in_window.resident_id = declared.resident_id
    )

    union all

    select
        resident_id,
        'assistance',
        benefit_code,
        benefit_month,
        amount_yuan,
        1,
        {{ json_text_at('source', 'feed') }},
        {{ json_text_at('source', 'delivery_id') }},
        ({{ json_text_at('source', 'line_number') }})::integer,
        null::integer
    from assistance
),

household_incomes as (
    select
        members.household_kind,
        members.household_no,
        members.resident_id,
        incomes.category,
        incomes.detail,
        incomes.income_month,
        incomes.amount_yuan,
        incomes.month_count,
        incomes.feed,
        incomes.delivery_id,
        incomes.line_number,
        incomes.position
    from members
    inner join incomes using (resident_id)

    union all

    select
        members.household_kind,
        members.household_no,
        members.resident_id,
        'declared',
        null,
        null,
        members.declared_income_yuan,
        greatest(window_size.month_count, 1),
        members.feed,
        members.delivery_id,
        members.line_number,
        members.member_no
    from members
    cross join window_size
    where members.resident_id is null and members.declared_income_yuan is not null
),

counted as (
    select
        household_incomes.*,
        households.division_code,
        households.standard_code,
        shares.value as counted_share,
        case
            -- the central basic pension of residents, where the division does not count it
            when household_incomes.category = 'pension' and household_incomes.detail = '居民养老'
                then greatest(household_incomes.amount_yuan - basic_pensions.value, 0) * shares.value
            else household_incomes.amount_yuan * shares.value
        end as counted_yuan
    from household_incomes
    inner join households using (household_kind, household_no)
    left join {{ ref('int_means_parameters') }} as shares
        on {{ division_or_country('households.division_code') }} = shares.division_code
        and 'counted_share_' || household_incomes.category = shares.parameter
    left join {{ ref('int_means_parameters') }} as basic_pensions
        on {{ division_or_country('households.division_code') }} = basic_pensions.division_code
        and basic_pensions.parameter = 'uncounted_basic_pension_yuan'
)

select
    household_kind,
    household_no,
    'income' as item_kind,
    category,
    clean.mask_id_numbers_in(detail) as detail,
    resident_id,
    null::text as item_no,
    income_month,
    round(amount_yuan, 2)::numeric(14, 2) as amount_yuan,
    counted_share::numeric(9, 6) as counted_share,
    round(counted_yuan, 2)::numeric(14, 2) as counted_yuan,
    month_count::integer as month_count,
    feed,
    delivery_id,
    line_number,
    position
from counted

union all

-- Going to work costs money: a share of the standard, never more than the work brings.
select
    counted.household_kind,
    counted.household_no,
    'deduction',
    'employment_cost',
    null,
    counted.resident_id,
    null,
    counted.income_month,
    standards.amount_yuan,
    parameters.value::numeric(9, 6),
    round(least(standards.amount_yuan * parameters.value, counted.counted_yuan), 2)::numeric(14, 2),
    1,
    counted.feed,
    counted.delivery_id,
    counted.line_number,
    counted.position
from counted
inner join standards using (division_code, standard_code)
inner join {{ ref('int_means_parameters') }} as parameters
    on counted.division_code = parameters.division_code
    and parameters.parameter = 'employment_cost_standard_share'
where counted.category in ('wage', 'business')

union all

select
    members.household_kind,
    members.household_no,
    'property',
    items.property_kind,
    items.detail,
    members.resident_id,
    items.item_no,
    null,
    items.value_yuan,
    items.share,
    null::numeric(14, 2),
    null::integer,
    items.feed,
    items.delivery_id,
    items.line_number,
    items.position
from members
inner join {{ ref('property_item') }} as items using (resident_id)
where items.is_in_force
