-- A division of GB/T 2260 (6 digits) or of the statistics bureau below it (9 or 12); null where it is none,
-- as after a spreadsheet (4.20202E+11). 000000 is the nation. 行政区划代码
create or replace function clean.division(value text) returns text
language plpgsql immutable parallel safe as $$
declare
    v text;
begin
    if value ~ '^[1-9][0-9]{5}$' and not clean.is_placeholder(value) then  -- the usual case
        return value;
    elsif clean.compact(value) = '000000' then
        return '000000';
    end if;
    v := clean.identifier(value);
    return case when v ~ '^[1-9][0-9]{5}([0-9]{3}|[0-9]{6})?$' and not clean.is_placeholder(v) then v end;
end $$;
