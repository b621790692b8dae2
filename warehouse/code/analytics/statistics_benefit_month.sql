create or replace view analytics.statistics_benefit_month with (security_barrier = true) as
select
    benefit_month,
    division_code,
    benefit_code,
    age_band,
    sex_code,
    recipient_count,
    paid_yuan,
    is_suppressed
from pub.scoped_statistics_benefit_month;
comment on view analytics.statistics_benefit_month is '待遇统计：每月各区划的领取人数与金额，小格隐去';

grant select on analytics.statistics_benefit_month to officer;
