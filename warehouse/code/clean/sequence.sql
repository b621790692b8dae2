-- A whole number by which versions follow one another: 3, 20250628103000; null from anything else. 版本号
create or replace function clean.sequence(value text) returns numeric
language sql immutable parallel safe
return case
    when clean.compact(value) ~ '^[0-9]{1,30}(\.0+)?$' then split_part(clean.compact(value), '.', 1)::numeric
end;
