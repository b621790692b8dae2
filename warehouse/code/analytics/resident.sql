create or replace view analytics.resident with (security_barrier = true) as
select
    resident_id,
    masked_id_number,
    -- as clean.mask_name, on which analysts have no right: a view calls functions as its reader
    left(name, 1) || repeat('*', greatest(length(name) - 1, 1)) as masked_name,
    sex_code,
    extract(year from born_on)::integer as birth_year,
    died_on,
    division_code,
    household_type,
    is_registered,
    place.name_zh as division_zh
from pub.scoped_resident
left join pub.scoped_division as place using (division_code);
comment on view analytics.resident is '居民（脱敏）';
comment on column analytics.resident.masked_name is '脱敏的姓名';
comment on column analytics.resident.birth_year is '出生年份';
comment on column analytics.resident.division_zh is '区划名称';
