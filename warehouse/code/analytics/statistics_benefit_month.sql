create or replace view analytics.statistics_benefit_month with (security_barrier = true) as
select
    statistics.benefit_month,
    statistics.division_code,
    statistics.benefit_code,
    statistics.age_band,
    statistics.sex_code,
    statistics.recipient_count,
    statistics.paid_yuan,
    statistics.is_suppressed,
    place.name_zh as division_zh,
    benefit.title_zh as benefit_zh,
    coalesce(sex.title_zh, case statistics.sex_code when 'all' then '合计' end) as sex_zh
from pub.scoped_statistics_benefit_month as statistics
left join pub.scoped_division as place using (division_code)
left join pub.scoped_code_title as benefit
    on benefit.code_list = 'benefit' and statistics.benefit_code = benefit.code
left join pub.scoped_code_title as sex on sex.code_list = 'sex' and statistics.sex_code = sex.code;
comment on view analytics.statistics_benefit_month is '待遇统计：每月各区划的领取人数与金额，小格隐去';
comment on column analytics.statistics_benefit_month.division_zh is '区划名称';
comment on column analytics.statistics_benefit_month.benefit_zh is '待遇名称';
comment on column analytics.statistics_benefit_month.sex_zh is '性别；合计，空为未知';

grant select on analytics.statistics_benefit_month to officer;
