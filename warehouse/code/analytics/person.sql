-- Of the day of birth only the years of age on the business date are shown, of death the month (analytics.death).
-- They are counted once per row, below `offset 0`: the band would count them anew for each of its limits.
create or replace view analytics.person with (security_barrier = true) as
select
    resident.resident_id,
    resident.sex_code,
    sex.title_zh as sex_zh,
    resident.age_years,
    case when resident.is_living then clean.age_band(resident.age_years) end as age_band,
    resident.is_living,
    resident.is_registered,
    resident.household_type,
    settlement.title_zh as household_type_zh,
    resident.registered_household_no,
    resident.division_code,
    place.name_zh as division_zh,
    resident.street_code,
    street.name_zh as street_zh
from (
    select
        known.*,
        known.died_on is null as is_living,
        case when known.died_on is null then clean.age_years(known.born_on, release.business_date) end as age_years
    from pub.scoped_resident as known
    cross join pub.scoped_release as release
    offset 0
) as resident
left join pub.scoped_place as place using (division_code)
left join pub.scoped_place as street on resident.street_code = street.division_code
left join pub.scoped_code_title as sex on sex.code_list = 'sex' and resident.sex_code = sex.code
left join pub.scoped_code_title as settlement
    on settlement.code_list = 'settlement' and resident.household_type = settlement.code;
comment on view analytics.person is '居民（脱敏）：在世与已故，本地户籍与否；每位居民一行';
comment on column analytics.person.sex_zh is '性别';
comment on column analytics.person.age_years is '周岁（业务日期）；已故的为空';
comment on column analytics.person.age_band is '年龄段（业务日期的周岁）：0-17、18-59、60-79、80-89、90+，unknown 未知；已故的为空';
comment on column analytics.person.is_living is '没有来源说已故';
comment on column analytics.person.household_type_zh is '户口性质';
comment on column analytics.person.division_zh is '区划名称';
comment on column analytics.person.street_zh is '街道（乡镇）名称；本地区划表没有的为空';
