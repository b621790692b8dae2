-- int_working_days: the days of the years for which the State Council's calendar of public holidays
-- is in the seed, each with the number of working days up to it. Working days from one day to
-- another, the first not counted: the difference of their numbers.
with

published as (select * from {{ ref('public_holiday') }}),

days as (
    {{ days_between(
        "(select date_trunc('year', min(day)) from published)",
        "(select date_trunc('year', max(day)) + interval '1 year' - interval '1 day' from published)"
    ) | indent(4) }}
)

select
    days.day,
    sum(coalesce(published.is_working_day, extract(isodow from days.day) < 6)::int) over (
        order by days.day
    )::integer as working_day_number
from days
left join published using (day)
