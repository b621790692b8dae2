create or replace view analytics.visit with (security_barrier = true) as
select
    visit.visit_no,
    visit.resident_id,
    date_trunc('month', visit.visited_at at time zone 'Asia/Shanghai')::date as visit_month,
    visit.minutes,
    visit.service_code,
    visit.fee_yuan,
    visit.provider,
    resident.division_code,
    place.name_zh as division_zh
from pub.scoped_home_visit as visit
left join pub.scoped_person as resident using (resident_id)
left join pub.scoped_division as place using (division_code);
comment on view analytics.visit is '居家上门服务：本区划居民的；每个工单一行';
comment on column analytics.visit.visit_month is '上门月份（当月第一日）';
comment on column analytics.visit.division_code is '服务对象户籍所在区划';
comment on column analytics.visit.division_zh is '区划名称';
