create or replace view analytics.stay with (security_barrier = true) as
select
    stay.stay_no,
    stay.resident_id,
    stay.institution_code,
    date_trunc('month', stay.entered_on)::date as entered_month,
    date_trunc('month', stay.left_on)::date as left_month,
    stay.left_on is null or stay.left_on > release.business_date as is_staying,
    stay.fee_source
from pub.scoped_eldercare_stay as stay
cross join pub.scoped_release as release;
comment on view analytics.stay is '养老机构入住（无能力等级）：离院登记常有遗漏；每个入住编号一行';
comment on column analytics.stay.entered_month is '入住月份（当月第一日）';
comment on column analytics.stay.left_month is '离院月份（当月第一日）；空为没有离院登记';
comment on column analytics.stay.is_staying is '业务日期没有离院';
