-- Derived from warehouse/metrics.yml by `minzheng sync`; do not edit.
create or replace view analytics.metric with (security_barrier = true) as
select
    'residents' as metric,
    '户籍人口' as metric_zh,
    (select max(month) from analytics.calendar_month) as month,
    division_code,
    null::text as detail,
    (count(*))::numeric as value
from analytics.person
where
    is_registered and is_living
group by division_code

union all

select
    'people_80' as metric,
    '80 岁以上户籍人口' as metric_zh,
    (select max(month) from analytics.calendar_month) as month,
    division_code,
    null::text as detail,
    (count(*))::numeric as value
from analytics.person
where
    is_registered and is_living and age_years >= 80
group by division_code

union all

select
    'people_80_with_allowance' as metric,
    '其中享受高龄津贴的' as metric_zh,
    (select max(month) from analytics.calendar_month) as month,
    division_code,
    null::text as detail,
    (count(*))::numeric as value
from analytics.person
where
    is_registered and is_living and age_years >= 80
    and resident_id in (select resident_id from analytics.entitlement where benefit_code = 'GL' and is_active)
group by division_code

union all

select
    'cases' as metric,
    '享受户（件）数' as metric_zh,
    benefit_month as month,
    division_code,
    benefit_code as detail,
    (count(*))::numeric as value
from analytics.benefit_month
where
    is_paid
group by benefit_month, division_code, benefit_code

union all

select
    'people' as metric,
    '享受人数' as metric_zh,
    benefit_month as month,
    division_code,
    benefit_code as detail,
    (count(distinct person_key))::numeric as value
from analytics.benefit_person_month
group by benefit_month, division_code, benefit_code

union all

select
    'spending' as metric,
    '支出' as metric_zh,
    benefit_month as month,
    division_code,
    benefit_code as detail,
    (sum(paid_yuan))::numeric as value
from analytics.benefit_month
group by benefit_month, division_code, benefit_code

union all

select
    'people_with_several_benefits' as metric,
    '同时享受多项待遇的人数' as metric_zh,
    benefit_month as month,
    division_code,
    null::text as detail,
    (count(*))::numeric as value
from (
    select benefit_month, division_code
    from analytics.benefit_person_month
    where resident_id is not null
    group by benefit_month, division_code, resident_id
    having count(distinct benefit_code) > 1
) as several
group by benefit_month, division_code

union all

select
    'days_after_death' as metric,
    '死后待遇日数' as metric_zh,
    benefit_month as month,
    division_code,
    benefit_code as detail,
    (sum(days_after_death))::numeric as value
from analytics.benefit_person_month
where
    days_after_death > 0
group by benefit_month, division_code, benefit_code

union all

select
    'missed' as metric,
    '应享未享' as metric_zh,
    (select max(month) from analytics.calendar_month) as month,
    division_code,
    rule_code as detail,
    (sum(hits))::numeric as value
from analytics.coverage
where
    side = 'missed'
group by division_code, rule_code

union all

select
    'households_near_the_limit' as metric,
    '与低保标准相差一成以内的家庭' as metric_zh,
    (select max(month) from analytics.calendar_month) as month,
    division_code,
    household_kind as detail,
    (count(*))::numeric as value
from analytics.means
where
    abs(distance_share) <= 0.1
group by division_code, household_kind

union all

select
    'aid_people' as metric,
    '低保与特困人数，分城乡' as metric_zh,
    benefit_month as month,
    division_code,
    benefit_code || '-' || coalesce(urban_rural, 'unknown') as detail,
    (count(distinct person_key))::numeric as value
from (
    select paid.benefit_month, paid.division_code, paid.benefit_code, household.urban_rural, paid.person_key
    from analytics.benefit_person_month as paid
    left join analytics.household using (aid_household_no)
    where paid.benefit_code in ('DB', 'TK')
) as paid
group by benefit_month, division_code, benefit_code || '-' || coalesce(urban_rural, 'unknown')

union all

select
    'aid_households' as metric,
    '低保与特困户数，分城乡' as metric_zh,
    benefit_month as month,
    division_code,
    benefit_code || '-' || coalesce(urban_rural, 'unknown') as detail,
    (count(*))::numeric as value
from (
    select paid.benefit_month, paid.division_code, paid.benefit_code, household.urban_rural
    from analytics.benefit_month as paid
    left join analytics.household using (aid_household_no)
    where paid.benefit_code in ('DB', 'TK') and paid.is_paid
) as paid
group by benefit_month, division_code, benefit_code || '-' || coalesce(urban_rural, 'unknown')

union all

select
    'aid_spending' as metric,
    '低保与特困支出，分城乡' as metric_zh,
    benefit_month as month,
    division_code,
    benefit_code || '-' || coalesce(urban_rural, 'unknown') as detail,
    (sum(paid_yuan))::numeric as value
from (
    select paid.benefit_month, paid.division_code, paid.benefit_code, household.urban_rural, paid.paid_yuan
    from analytics.benefit_month as paid
    left join analytics.household using (aid_household_no)
    where paid.benefit_code in ('DB', 'TK')
) as paid
group by benefit_month, division_code, benefit_code || '-' || coalesce(urban_rural, 'unknown')

union all

select
    'temporary_aid_times' as metric,
    '临时救助人次' as metric_zh,
    paid_month as month,
    division_code,
    null::text as detail,
    (count(*))::numeric as value
from analytics.temporary_aid
where
    paid_month is not null
group by paid_month, division_code

union all

select
    'temporary_aid_spending' as metric,
    '临时救助支出' as metric_zh,
    paid_month as month,
    division_code,
    null::text as detail,
    (sum(amount_yuan))::numeric as value
from analytics.temporary_aid
where
    paid_month is not null
group by paid_month, division_code;
comment on view analytics.metric is '常用指标，定义见 docs/metrics.md：每项指标每月每个区划每个分类一行';
comment on column analytics.metric.metric is '指标';
comment on column analytics.metric.metric_zh is '指标名称';
comment on column analytics.metric.month is '月份（当月第一日）；现状类指标为业务日期所在的月份';
comment on column analytics.metric.detail is '分类：待遇、规则或家庭口径的代码；空为不分';
comment on column analytics.metric.value is '数值';
