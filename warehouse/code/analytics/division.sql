create or replace view analytics.division with (security_barrier = true) as
select
    division_code,
    name_zh,
    full_name_zh,
    level,
    parent_code,
    valid_from,
    valid_to,
    successor_codes,
    successor_code
from pub.scoped_division;
comment on view analytics.division is '行政区划：现行与曾用的代码、名称、上级与接续';

grant select on analytics.division to officer;
