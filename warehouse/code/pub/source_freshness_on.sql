create or replace function pub.source_freshness_on(at_generation integer, judged_on date)
returns table (feed text, title_zh text, last_business_date date, days_old integer, is_stale boolean)
language sql stable as $$
select
    known.feed,
    known.title_zh,
    known.last_business_date,
    known.days_old,
    coalesce(known.is_stale, true) or coalesce(outdated.is_outdated, false)
from pub.source_freshness_at($1) as known
cross join (select pub.is_outdated($1, $2) as is_outdated) as outdated
$$;
comment on function pub.source_freshness_on(integer, date) is '某日看来，某一世代各来源的时效';
