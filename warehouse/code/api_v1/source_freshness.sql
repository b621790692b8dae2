create or replace view api_v1.source_freshness as
select
    sources.feed,
    sources.title_zh,
    sources.last_business_date,
    sources.days_old,
    sources.is_stale,
    case
        when sources.last_business_date is null then 'unavailable'
        when sources.is_stale then 'stale'
        else 'current'
    end as status,
    sources.judged_on,
    coalesce(by_division.divisions, '[]') as divisions
from pub.source_freshness_today() as sources
left join (
    select
        known.feed,
        jsonb_agg(
            jsonb_build_object(
                'division_code', known.division_code,
                'title_zh', known.title_zh,
                'last_business_date', known.last_business_date,
                'days_old', known.days_old,
                'is_stale', known.is_stale,
                'status', known.status
            )
            order by known.division_code
        ) as divisions
    from pub.source_freshness_today_in(null) as known
    group by known.feed
    -- One answer for all of them stands above.
    having count(distinct row(known.title_zh, known.last_business_date)) > 1
) as by_division using (feed);
comment on view api_v1.source_freshness is '各来源的数据到哪一天；过期或缺失的来源不能当作“未命中”';
comment on column api_v1.source_freshness.status is 'current 可用，stale 过期，unavailable 从未收到';
comment on column api_v1.source_freshness.judged_on is '判断时效之日（北京时间的今天），与核对答复相同';
comment on column api_v1.source_freshness.divisions is
'各区划由不同来源覆盖时，分区划的时效（000000 为契约没有分列的其他区划）；各区划相同时为空列表';

grant select on api_v1.source_freshness to approval_api, officer;
