-- The days and their fraction that a spreadsheet counts from 1899-12-30 (45356, at noon 45356.5), from 1927 on; null
-- for what may be a month (20251). 序列日
create or replace function clean.serial_days(value text) returns numeric
language plpgsql immutable parallel safe as $$
declare
    v text := clean.as_seen(value);
begin
    return case when v ~ '^(?!(19|20)[0-9]{2}[1-9])[1-6][0-9]{4}(\.[0-9]*)?$' then v::numeric end;
end $$;
