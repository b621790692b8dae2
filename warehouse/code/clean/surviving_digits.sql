-- The first 15 digits that a spreadsheet left of an 18-digit number (4.20222194002048e+17): a trace
-- to compare with, never a number.
create or replace function clean.surviving_digits(value text) returns text
language plpgsql immutable parallel safe as $$
declare
    v text;
begin
    if value ~ '^[1-9][0-9]{16}[0-9X]$' and right(value, 3) <> '000' then  -- the usual case
        return null;
    end if;
    v := upper(clean.compact(value));
    if v ~ '^[1-9]\.[0-9]{14,16}E\+?17$' or v ~ '^[1-9][0-9]{17}\.0+$'
        or (v ~ '^[1-9][0-9]{14}000$' and clean.id_number(v) is null) then
        v := left(trunc(v::numeric)::text, 15);
        -- Zeros where a year of birth would stand were never written: 4.20222e+17 in full.
        return case when substring(v from 7 for 4) <> '0000' then v end;
    end if;
    return null;
end $$;
