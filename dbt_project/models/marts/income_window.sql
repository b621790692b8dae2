-- The months that verified incomes are averaged over: of the last ones up to the business date those
-- that the source really reaches.
with

national as (select * from {{ ref('int_national_parameters') }}),

verified as (select * from {{ ref('income_item') }} where income_month is not null)

{{ covered_income_months('verified', '(select income_window_months from national)') }}
