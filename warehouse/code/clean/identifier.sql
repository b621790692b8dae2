-- A number or code that names something, as its sender writes it; null where it is missing or its digits
-- are lost: such would be one name for many. 编号
create or replace function clean.identifier(value text) returns text
language plpgsql immutable parallel safe as $$
declare
    v text;
begin
    if value ~ '^[0-9A-Za-z-]*[1-9][0-9A-Za-z-]*$' then  -- the usual case
        return value;
    end if;
    v := regexp_replace(clean.compact(value), '^([0-9]{6,15})\.0+$', '\1');
    return case when not clean.is_missing(v) and v !~ '^0+$' and not clean.has_lost_digits(upper(v)) then v end;
end $$;
