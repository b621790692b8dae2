create or replace view analytics.statistics_assistance_quarter with (security_barrier = true) as
select
    statistics.benefit_month,
    statistics.division_code,
    statistics.benefit_code,
    statistics.settlement,
    statistics.person_count,
    statistics.household_count,
    statistics.time_count,
    statistics.paid_yuan,
    statistics.is_suppressed,
    place.name_zh as division_zh
from pub.scoped_statistics_assistance_quarter as statistics
left join pub.scoped_division as place using (division_code);
comment on view analytics.statistics_assistance_quarter is
'社会救助季报的数据：每季、区划、救助类别与城乡一行，小格隐去，合计总在';
comment on column analytics.statistics_assistance_quarter.division_zh is '区划名称';

grant select on analytics.statistics_assistance_quarter to officer;
