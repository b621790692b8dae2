-- The month of death is still due, so days after death are those of whole months.
create or replace view analytics.benefit_person_month with (security_barrier = true) as
select
    paid.benefit_month,
    paid.benefit_code,
    benefit.title_zh as benefit_zh,
    paid.case_no,
    paid.aid_household_no,
    paid.resident_id,
    coalesce(paid.resident_id::text, paid.case_no) as person_key,
    resident.sex_code,
    clean.age_years(resident.born_on, paid.benefit_month) as age_years,
    clean.age_band(clean.age_years(resident.born_on, paid.benefit_month)) as age_band,
    paid.paid_share_yuan,
    case
        when paid.resident_id is null then null
        when paid.benefit_month > resident.died_on
            then extract(day from paid.benefit_month + interval '1 month - 1 day')::integer
        else 0
    end as days_after_death,
    paid.division_code,
    place.name_zh as division_zh
from pub.scoped_benefit_month_person as paid
left join pub.scoped_person as resident using (resident_id)
left join pub.scoped_place as place on paid.division_code = place.division_code
left join pub.scoped_code_title as benefit on benefit.code_list = 'benefit' and paid.benefit_code = benefit.code;
comment on view analytics.benefit_person_month is
'已发月份到人：家庭待遇按保障对象，个人待遇按本人；每个业务、待遇、月份、每位对象一行，金额为本人份额，可以相加';
comment on column analytics.benefit_person_month.benefit_zh is '待遇名称';
comment on column analytics.benefit_person_month.person_key is '计人用：居民编号；身份未确定的为业务编号';
comment on column analytics.benefit_person_month.age_years is '当月第一日的周岁；不是可见居民的为空';
comment on column analytics.benefit_person_month.age_band is '当月第一日的年龄段；unknown 未知';
comment on column analytics.benefit_person_month.days_after_death is '死亡月份之后的待遇日数：整月都在死后的为当月日数，否则为零；身份未确定为空';
comment on column analytics.benefit_person_month.division_zh is '区划名称';
