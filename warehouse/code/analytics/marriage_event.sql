create or replace view analytics.marriage_event with (security_barrier = true) as
select
    event_no,
    event_type,
    date_trunc('month', registered_on)::date as registered_month,
    office_code,
    husband_resident_id,
    wife_resident_id,
    husband_age_years,
    clean.age_band(husband_age_years) as husband_age_band,
    wife_age_years,
    clean.age_band(wife_age_years) as wife_age_band
from pub.scoped_marriage_event;
comment on view analytics.marriage_event is '结婚与离婚登记；法院判决离婚不在来源中。每次登记一行';
comment on column analytics.marriage_event.registered_month is '登记月份（当月第一日）';
comment on column analytics.marriage_event.husband_age_band is '男方登记时的年龄段';
comment on column analytics.marriage_event.wife_age_band is '女方登记时的年龄段';
