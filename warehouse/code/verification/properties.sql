-- Property of residents; told is what they hold now, where its source is opened.
create or replace function verification.properties(resident_ids bigint[], at_generation integer, open_feeds text[])
returns table (
    resident_id bigint, property_kind text, item_no text, detail text, value_yuan numeric, share numeric,
    acquired_on date, feed text, delivery_id text, line_number integer, is_told boolean
)
language sql stable as $$
select
    item.resident_id,
    item.property_kind,
    item.item_no,
    item.detail,
    item.value_yuan,
    item.share,
    item.acquired_on,
    item.feed,
    item.delivery_id,
    item.line_number,
    item.is_in_force and verification.opens($3, item.feed)
from pub.property_item_at($2) as item
where item.resident_id = any($1)
$$;
