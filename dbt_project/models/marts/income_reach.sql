-- The month up to which incomes are known: the one that totals of a family speak of.
with

income_items as (
    select * from {{ ref('income_item') }}
    where income_month <= {{ business_date() }}
)

{{ latest_income_month('income_items') }}
