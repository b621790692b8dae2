create or replace view analytics.income with (security_barrier = true) as
select
    item.resident_id,
    item.income_kind,
    kind.title_zh as income_kind_zh,
    item.insurance_type,
    item.income_month,
    item.amount_yuan,
    item.is_public_payroll,
    item.feed
from pub.scoped_income_item as item
left join pub.scoped_code_title as kind on kind.code_list = 'means_category' and item.income_kind = kind.code;
comment on view analytics.income is '收入项：每人每月每个来源一行，申报收入每位成员一行。没有来源的收入不在其中，不等于没有收入';
comment on column analytics.income.income_kind_zh is '收入种类';
