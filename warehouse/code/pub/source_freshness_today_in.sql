-- Views call functions as their reader, who may read no table behind them. divisions: null means all that contracts
-- tell apart.
create or replace function pub.source_freshness_today_in(divisions text[])
returns table (
    feed text, division_code text, title_zh text, last_business_date date, days_old integer, is_stale boolean,
    status text, judged_on date
)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return query
    select
        known.*,
        case when known.last_business_date is null then 'unavailable' when known.is_stale then 'stale'
            else 'current' end,
        pub.today()
    from pub.current_generation as pointer
    cross join lateral pub.source_freshness_in(
        pointer.generation,
        pub.today(),
        coalesce($1, array(
            select distinct told.division_code
            from pub.source_freshness_by_division_at(pointer.generation) as told
            order by told.division_code
        ))
    ) as known;
end $$;
comment on function pub.source_freshness_today_in(text[]) is '覆盖各区划的来源今天（北京时间）的时效';

grant execute on function pub.source_freshness_today_in(text[]) to approval_api, officer, loader;
