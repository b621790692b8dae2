-- A plain number of at most 12 digits before the point: 1234.5, 1,234.5, (1,234.5) for one below zero, and
-- with an exponent where it says all digits: 7.25E+2, as programs write it. 2.35E+03 is what a spreadsheet
-- shows of 2345.67; 2300,00 is in China as likely a slip as a comma for the point: neither is read. 数值
create or replace function clean.number(value text) returns numeric
language plpgsql immutable parallel safe as $$
declare
    v text;
    part text[];
begin
    if value ~ '^[0-9]{1,12}(\.[0-9]{1,12})?$' then  -- the usual case
        return value::numeric;
    end if;
    v := translate(upper(clean.compact(value)), '−–—‒‐', '-----');
    v := regexp_replace(v, '^\(([0-9.,]+)\)$', '-\1');
    if v ~ '^[-+]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?$' then
        v := replace(v, ',', '');
    end if;
    if v ~ '^[-+]?([0-9]{1,12}(\.[0-9]{0,12})?|\.[0-9]{1,12})$' then
        return v::numeric;
    end if;
    part := regexp_match(v, '^[-+]?[0-9]{1,12}(?:\.([0-9]{0,12}))?E(?:\+?(0?)([0-9])|-(?:[0-9]|[1-9][0-9]))$');
    if part is null or (part[2] = '0' and length(coalesce(part[1], '')) < part[3]::int + 2) then
        return null;
    end if;
    return case when abs(v::numeric) < 1e12 then v::numeric end;
end $$;
