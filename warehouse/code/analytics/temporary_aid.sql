-- Of days the months are shown, and how many lie between them.
create or replace view analytics.temporary_aid with (security_barrier = true) as
select
    aid.temporary_aid_no,
    aid.aid_kind,
    aid.resident_id,
    date_trunc('month', aid.applied_on)::date as applied_month,
    date_trunc('month', aid.paid_on)::date as paid_month,
    aid.paid_on - aid.applied_on as days_to_payment,
    aid.amount_yuan,
    aid.division_code,
    place.name_zh as division_zh
from pub.scoped_temporary_aid as aid
left join pub.scoped_division as place using (division_code);
comment on view analytics.temporary_aid is '临时救助：每个救助编号一行';
comment on column analytics.temporary_aid.applied_month is '申请月份（当月第一日）';
comment on column analytics.temporary_aid.paid_month is '发放月份（当月第一日）';
comment on column analytics.temporary_aid.days_to_payment is '从申请到发放的日数';
comment on column analytics.temporary_aid.division_zh is '区划名称';
