create or replace view analytics.benefit_month with (security_barrier = true) as
select
    paid.case_no,
    paid.aid_household_no,
    paid.entitlement_no,
    paid.benefit_code,
    paid.benefit_month,
    paid.is_paid,
    paid.paid_yuan,
    paid.standing_count,
    paid.returned_count,
    paid.first_paid_on,
    paid.last_paid_on,
    paid.division_code,
    paid.payee_resident_id,
    place.name_zh as division_zh,
    benefit.title_zh as benefit_zh
from pub.scoped_benefit_month as paid
left join pub.scoped_place as place using (division_code)
left join pub.scoped_code_title as benefit on benefit.code_list = 'benefit' and paid.benefit_code = benefit.code;
comment on view analytics.benefit_month is '待遇月份（无账号）：每个业务、待遇、所属月份一行；没有发成的也在内（is_paid 为否）';
comment on column analytics.benefit_month.division_zh is '区划名称';
comment on column analytics.benefit_month.benefit_zh is '待遇名称';
