-- An instant that says its zone (Z, +08:00); null where it says none: eight hours may be a day. 带时区的时刻
create or replace function clean.zoned_instant(value text) returns timestamptz
language sql immutable parallel safe
return case when clean.as_seen(value) ~ '([Zz]|[-+][0-9]{2}(:?[0-9]{2})?)$' then clean.instant(value) end;
