create or replace view analytics.marriage with (security_barrier = true) as
select
    spell.certificate_no,
    spell.husband_resident_id,
    spell.wife_resident_id,
    date_trunc('month', spell.registered_on)::date as registered_month,
    date_trunc('month', spell.ended_on)::date as ended_month,
    spell.ended_by,
    ending.title_zh as ended_by_zh,
    spell.has_overlap
from pub.scoped_marriage_spell as spell
left join pub.scoped_code_title as ending on ending.code_list = 'marriage_end' and spell.ended_by = ending.code;
comment on view analytics.marriage is '婚姻：登记过的，及其如何结束；法院判决离婚不在来源中。每段婚姻一行';
comment on column analytics.marriage.registered_month is '登记月份（当月第一日）';
comment on column analytics.marriage.ended_month is '结束月份（当月第一日）；空为未见结束';
comment on column analytics.marriage.ended_by_zh is '结束原因';
