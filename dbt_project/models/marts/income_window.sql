-- The months that verified incomes are averaged over: of the last ones up to the business date those
-- that the source really reaches.
with

verified as (select * from {{ ref('income_item') }} where income_month is not null)

{{ covered_income_months('verified', national_parameter('income_window_months')) }}
