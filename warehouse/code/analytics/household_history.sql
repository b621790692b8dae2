-- Nothing a reader asks for goes below `offset 0`, as in pub.scoped_*: neither an index nor a statistic of rows
-- that are not shown may answer it, which `explain` would tell.
create or replace view analytics.household_history with (security_barrier = true) as
select
    household_kind,
    household_no,
    resident_id,
    relation,
    valid_from,
    valid_to,
    feed,
    delivery_id,
    line_number,
    from_generation,
    to_generation
from pub.scoped_household_history
offset 0;
comment on view analytics.household_history is
'三种口径的家庭成员：各有起止日期（半开）与所在世代（自 from_generation 起，到 to_generation 前）';
comment on column analytics.household_history.from_generation is '自该世代起如此';
comment on column analytics.household_history.to_generation is '到该世代前如此；空值表示至今';
