create or replace view analytics.division with (security_barrier = true) as
select
    place.division_code,
    place.name_zh,
    place.full_name_zh,
    place.level,
    place.parent_code,
    place.valid_from,
    place.valid_to,
    place.successor_codes,
    place.successor_code,
    province.name_zh as province_zh,
    prefecture.name_zh as prefecture_zh,
    county.name_zh as county_zh
from pub.scoped_division as place
left join pub.scoped_division as province on left(place.division_code, 2) || '0000' = province.division_code
left join pub.scoped_division as prefecture
    on
        left(place.division_code, 4) || '00' = prefecture.division_code
        and prefecture.level in ('prefecture', 'heading')
left join pub.scoped_division as county
    on left(place.division_code, 6) = county.division_code and county.level = 'county';
comment on view analytics.division is '行政区划：现行与曾用的代码、名称、上级与接续；每个代码一行';
comment on column analytics.division.province_zh is '所在的省';
comment on column analytics.division.prefecture_zh is '所在的市（地级）';
comment on column analytics.division.county_zh is '所在的区县';

grant select on analytics.division to officer;
