-- Months, because an allowance may begin on a birthday.
create or replace view analytics.entitlement with (security_barrier = true) as
select
    granted.entitlement_no,
    granted.benefit_code,
    benefit.title_zh as benefit_zh,
    granted.resident_id,
    date_trunc('month', granted.started_on)::date as started_month,
    date_trunc('month', granted.ended_on)::date as ended_month,
    granted.is_active,
    granted.division_code,
    place.name_zh as division_zh
from pub.scoped_entitlement as granted
left join pub.scoped_division as place using (division_code)
left join pub.scoped_code_title as benefit on benefit.code_list = 'benefit' and granted.benefit_code = benefit.code;
comment on view analytics.entitlement is '个人待遇（补贴与津贴）的起止；每个待遇编号一行';
comment on column analytics.entitlement.benefit_zh is '待遇名称';
comment on column analytics.entitlement.started_month is '起始月份（当月第一日）';
comment on column analytics.entitlement.ended_month is '终止月份（当月第一日）；空为未终止';
comment on column analytics.entitlement.division_zh is '区划名称';
