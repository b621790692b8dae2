-- Ten years up to the business date: a month in which nothing was paid is a row of a series all the same.
create or replace view analytics.calendar_month with (security_barrier = true) as
select
    month.first_on::date as month,
    extract(year from month.first_on)::integer as year,
    extract(quarter from month.first_on)::integer as quarter,
    (month.first_on + interval '1 month - 1 day')::date as last_on,
    extract(day from month.first_on + interval '1 month - 1 day')::integer as day_count,
    (month.first_on + interval '1 month - 1 day')::date <= release.business_date as is_complete
from pub.scoped_release as release
cross join lateral generate_series(
    date_trunc('month', release.business_date) - interval '119 months',
    date_trunc('month', release.business_date),
    interval '1 month'
) as month (first_on);
comment on view analytics.calendar_month is '月历：截至业务日期的一百二十个月；每月一行';
comment on column analytics.calendar_month.month is '月份（当月第一日）';
comment on column analytics.calendar_month.year is '年份';
comment on column analytics.calendar_month.quarter is '季度';
comment on column analytics.calendar_month.last_on is '当月末日';
comment on column analytics.calendar_month.day_count is '日数';
comment on column analytics.calendar_month.is_complete is '业务日期已过完';
