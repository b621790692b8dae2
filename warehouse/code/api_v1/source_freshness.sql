create or replace view api_v1.source_freshness as
select
    feed,
    title_zh,
    last_business_date,
    days_old,
    is_stale,
    case when last_business_date is null then 'unavailable' when is_stale then 'stale' else 'current' end as status,
    judged_on
from pub.source_freshness_today();
comment on view api_v1.source_freshness is '各来源的数据到哪一天；过期或缺失的来源不能当作“未命中”';
comment on column api_v1.source_freshness.status is 'current 可用，stale 过期，unavailable 从未收到';
comment on column api_v1.source_freshness.judged_on is '判断时效之日（北京时间的今天），与核对答复相同';

grant select on api_v1.source_freshness to approval_api, officer;
