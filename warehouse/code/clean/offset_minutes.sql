-- Minutes that an offset such as Z, +08:00, +0800, +8, UTC+8 is ahead of Greenwich. 时区偏移
create or replace function clean.offset_minutes(value text) returns integer
language plpgsql immutable parallel safe as $$
declare
    part text[] := regexp_match(value, '^(?:Z|UTC|GMT)?(?:([+-])([0-9]{1,2}):?([0-9]{2})?)?$');
    minutes integer := coalesce(part[2], '0')::int * 60 + coalesce(part[3], '0')::int;
begin
    return case
        when part is not null and minutes <= 840 and coalesce(part[3], '0')::int < 60
            then case part[1] when '-' then -minutes else minutes end
    end;
end $$;
