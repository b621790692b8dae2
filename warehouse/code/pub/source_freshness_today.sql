-- Views call functions as their reader, who may read no table behind them.
create or replace function pub.source_freshness_today()
returns table (
    feed text, title_zh text, last_business_date date, days_old integer, is_stale boolean, judged_on date
)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return query
    select known.*, pub.today()
    from pub.current_generation as pointer
    cross join lateral pub.source_freshness_on(pointer.generation, pub.today()) as known;
end $$;
comment on function pub.source_freshness_today() is '各来源今天（北京时间）的时效';

grant execute on function pub.source_freshness_today() to approval_api, officer, loader;
