-- Means of each active aid household on the business date, from the sources, not as declared.
-- Unresolved members are counted in the divisor and named by the difference of the two counts.
with

households as (select * from {{ ref('aid_household') }} where is_active),

members as (select * from {{ ref('aid_household_member') }} where valid_to is null),

standards as (
    select * from {{ ref('benefit_standard') }}
    where
        valid_from <= {{ business_date() }}
        and (valid_to is null or valid_to > {{ business_date() }})
),

income_items as (
    select * from {{ ref('income_item') }}
    where income_month <= {{ business_date() }}
),

latest_month as ({{ latest_income_month('income_items') }}),

income as (
    select
        members.aid_household_no,
        sum(items.amount_yuan)::numeric(14, 2) as income_yuan,
        {{ json_collect("jsonb_build_object('feed', 'social_insurance', 'delivery_id', items.delivery_id,
            'line_number', items.line_number)", 'items.delivery_id, items.line_number') }} as income_sources
    from members
    inner join income_items as items using (resident_id)
    inner join latest_month using (income_month)
    group by members.aid_household_no
),

property as (
    select
        members.aid_household_no,
        count(distinct items.item_no) filter (where items.property_kind = 'vehicle') as vehicle_count,
        sum(items.value_yuan) filter (where items.property_kind = 'vehicle')::numeric(14, 2) as vehicle_value_yuan,
        count(distinct items.item_no) filter (where items.property_kind = 'dwelling') as dwelling_count,
        count(distinct items.item_no) filter (where items.property_kind = 'company_role') as company_count
    from members
    inner join {{ ref('property_item') }} as items using (resident_id)
    where items.is_in_force
    group by members.aid_household_no
),

counts as (
    select
        aid_household_no,
        count(*) as member_count,
        count(resident_id) as resolved_member_count
    from members
    group by aid_household_no
)

select
    households.aid_household_no,
    {{ business_date() }} as business_date,
    counts.member_count,
    counts.resolved_member_count,
    coalesce(income.income_yuan, 0)::numeric(14, 2) as income_yuan,
    round(coalesce(income.income_yuan, 0) / counts.member_count, 2)::numeric(14, 2) as income_per_capita_yuan,
    standards.amount_yuan as standard_yuan,
    round(coalesce(income.income_yuan, 0) / counts.member_count / nullif(standards.amount_yuan, 0), 4)
        ::numeric(10, 4) as standard_multiple,
    coalesce(property.vehicle_count, 0) as vehicle_count,
    coalesce(property.vehicle_value_yuan, 0)::numeric(14, 2) as vehicle_value_yuan,
    coalesce(property.dwelling_count, 0) as dwelling_count,
    coalesce(property.company_count, 0) as company_count,
    income.income_sources
from households
inner join counts using (aid_household_no)
left join income using (aid_household_no)
left join property using (aid_household_no)
left join standards
    on households.division_code = standards.division_code
    and standards.standard_code = case households.urban_rural when 'rural' then 'DB_RURAL' else 'DB_URBAN' end
