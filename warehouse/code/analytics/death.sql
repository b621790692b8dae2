create or replace view analytics.death with (security_barrier = true) as
select
    resident.resident_id,
    date_trunc('month', resident.died_on)::date as died_month,
    resident.sex_code,
    sex.title_zh as sex_zh,
    clean.age_years(resident.born_on, resident.died_on) as age_years,
    clean.age_band(clean.age_years(resident.born_on, resident.died_on)) as age_band,
    resident.death_feed,
    resident.division_code,
    place.name_zh as division_zh
from pub.scoped_resident as resident
left join pub.scoped_division as place using (division_code)
left join pub.scoped_code_title as sex on sex.code_list = 'sex' and resident.sex_code = sex.code
where resident.died_on is not null;
comment on view analytics.death is '已知的死亡：火化或公安所说，未火化且公安未知的不在其中；每位已故居民一行';
comment on column analytics.death.died_month is '死亡月份（当月第一日）';
comment on column analytics.death.sex_zh is '性别';
comment on column analytics.death.age_years is '死亡时的周岁';
comment on column analytics.death.age_band is '死亡时的年龄段';
comment on column analytics.death.division_zh is '区划名称';
