create or replace view analytics.income_history with (security_barrier = true) as
select
    resident_id,
    income_kind,
    amount_yuan,
    valid_from,
    valid_to,
    feed,
    delivery_id,
    line_number,
    from_generation,
    to_generation
from pub.income_item
offset 0;
comment on view analytics.income_history is '收入项：各有起止日期与所在世代';
comment on column analytics.income_history.from_generation is '自该世代起如此';
comment on column analytics.income_history.to_generation is '到该世代前如此；空值表示至今';
