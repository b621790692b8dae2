create or replace view analytics.statistics_benefit_month with (security_barrier = true) as
select
    benefit_month,
    division_code,
    benefit_code,
    age_band,
    sex_code,
    recipient_count,
    paid_yuan,
    is_suppressed,
    place.name_zh as division_zh
from pub.scoped_statistics_benefit_month
left join pub.scoped_division as place using (division_code);
comment on view analytics.statistics_benefit_month is '待遇统计：每月各区划的领取人数与金额，小格隐去';
comment on column analytics.statistics_benefit_month.division_zh is '区划名称';

grant select on analytics.statistics_benefit_month to officer;
