-- A bank account or card number; null where it is missing, masked, a word, a placeholder or has lost digits
-- (a number of 19 digits of which a spreadsheet kept 15). 银行账号
create or replace function clean.account(value text) returns text
language plpgsql immutable parallel safe as $$
declare
    v text;
begin
    if value ~ '^[0-9]+$' and length(value) between 12 and 18 and not clean.is_placeholder(value) then
        return value;  -- the usual case, and the next; long patterns are dear
    elsif value ~ '^[0-9]+$' and length(value) between 12 and 32 then
        v := value;
    else
        v := upper(clean.identifier(value));
    end if;
    return case
        when v ~ '^[0-9A-Z][0-9A-Z-]{6,38}[0-9A-Z]$' and length(translate(v, '-ABCDEFGHIJKLMNOPQRSTUVWXYZ', '')) >= 6
            and v !~ '^[0-9]{15}0{4,}$' and not clean.is_placeholder(v) then v
    end;
end $$;
