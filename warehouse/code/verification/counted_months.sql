-- The months over which income is looked at.
create or replace function verification.counted_months(at_generation integer)
returns table (month_count bigint, first_month date, last_month date, counted date[])
language sql stable as $$
select count(*), min(counted.income_month), max(counted.income_month), array_agg(counted.income_month)
from pub.income_window_at($1) as counted
$$;
