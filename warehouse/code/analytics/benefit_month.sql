create or replace view analytics.benefit_month with (security_barrier = true) as
select
    case_no,
    aid_household_no,
    entitlement_no,
    benefit_code,
    benefit_month,
    is_paid,
    paid_yuan,
    standing_count,
    returned_count,
    first_paid_on,
    last_paid_on,
    division_code,
    payee_resident_id,
    place.name_zh as division_zh
from pub.scoped_benefit_month
left join pub.scoped_division as place using (division_code);
comment on view analytics.benefit_month is '待遇月份（无账号）';
comment on column analytics.benefit_month.division_zh is '区划名称';
