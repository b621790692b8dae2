create or replace view analytics.statistics_benefit_place with (security_barrier = true) as
select
    statistics.benefit_month,
    statistics.division_code,
    statistics.benefit_code,
    statistics.street_code,
    statistics.village_code,
    statistics.recipient_count,
    statistics.paid_yuan,
    statistics.is_suppressed,
    place.name_zh as division_zh,
    case
        when statistics.street_code = 'all' then '合计'
        when statistics.street_code = 'other' then '外地户籍或不详'
        else street.name_zh
    end as street_zh,
    case
        when statistics.village_code = 'all' then '合计'
        when statistics.village_code = 'other' then '不详'
        else village.name_zh
    end as village_zh,
    benefit.title_zh as benefit_zh
from pub.scoped_statistics_benefit_place as statistics
left join pub.scoped_division as place using (division_code)
left join pub.scoped_division as street on statistics.street_code = street.division_code
left join pub.scoped_division as village on statistics.village_code = village.division_code
left join pub.scoped_code_title as benefit
    on benefit.code_list = 'benefit' and statistics.benefit_code = benefit.code;
comment on view analytics.statistics_benefit_place is
'待遇统计到街道与村：每月各区划、街道、村的领取人数与金额，小格隐去，市与区县的合计总在';
comment on column analytics.statistics_benefit_place.division_zh is '区划名称';
comment on column analytics.statistics_benefit_place.street_zh is '街道（乡镇）名称；区划表没有的为空';
comment on column analytics.statistics_benefit_place.village_zh is '村（社区）名称；区划表没有的为空';
comment on column analytics.statistics_benefit_place.benefit_zh is '待遇名称';

grant select on analytics.statistics_benefit_place to officer;
