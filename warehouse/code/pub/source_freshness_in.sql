-- How far the sources reach that cover a division. A division that no contract tells apart stands under 000000; a
-- source with no row there covers it not at all. Generations made before divisions were told apart know one answer.
create or replace function pub.source_freshness_in(at_generation integer, judged_on date, divisions text[])
returns table (
    feed text, division_code text, title_zh text, last_business_date date, days_old integer, is_stale boolean
)
language sql stable as $$
with

known as (select * from pub.source_freshness_by_division_at($1)),

places as (
    select
        asked.division_code,
        case when asked.division_code in (select division_code from known) then asked.division_code else '000000' end
            as covered_as,
        exists (select from known) as is_told_apart
    from unnest($3) as asked (division_code)
)

select
    sources.feed,
    places.division_code,
    coalesce(known.title_zh, sources.title_zh),
    case when places.is_told_apart then known.last_business_date else sources.last_business_date end,
    case when places.is_told_apart then known.days_old else sources.days_old end,
    sources.is_outdated
    or case when places.is_told_apart then coalesce(known.is_stale, true) else coalesce(sources.is_stale, true) end
from (
    select
        known.*,
        coalesce(pub.is_outdated($1, $2), false) as is_outdated
    from pub.source_freshness_at($1) as known
) as sources
cross join places
left join known on known.feed = sources.feed and known.division_code = places.covered_as
$$;
comment on function pub.source_freshness_in(integer, date, text[]) is '某日看来，某一世代覆盖各区划的来源的时效';
