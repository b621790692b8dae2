-- The number of a person as stated, valid or not, to know the line by and to compare; null where it is
-- missing, one digit throughout or shows fewer than 15 of its digits: many people would bear it.
create or replace function clean.stated_number(value text) returns text
language plpgsql immutable parallel safe as $$
declare
    v text;
begin
    if value ~ '^[1-9][0-9]{16}[0-9X]$' and ltrim(value, left(value, 1)) <> '' then  -- the usual case
        return value;
    end if;
    v := upper(clean.compact(value));
    return case
        when not clean.is_missing(v) and ltrim(v, left(v, 1)) <> '' and v !~ '^[0-9](\.[0-9]{0,13})?E\+?[0-9]+$' then v
    end;
end $$;
