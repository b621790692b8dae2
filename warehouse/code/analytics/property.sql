create or replace view analytics.property with (security_barrier = true) as
select
    item.resident_id,
    item.property_kind,
    kind.title_zh as property_kind_zh,
    item.detail,
    item.value_yuan,
    item.share,
    item.status,
    item.is_in_force,
    extract(year from item.acquired_on)::integer as acquired_year,
    item.feed
from pub.scoped_property_item as item
left join pub.scoped_code_title as kind on kind.code_list = 'means_category' and item.property_kind = kind.code;
comment on view analytics.property is '财产项（无号牌、单元号、账号）：每项每位权利人一行，共有的各有一行';
comment on column analytics.property.property_kind_zh is '财产种类';
comment on column analytics.property.acquired_year is '取得年份';
