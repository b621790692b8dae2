-- The number of a person as part of a key: as clean.stated_number has it, null also where the last of its digits are
-- lost, for all who were born on one day in one place would be one. 主键中的身份号码
create or replace function clean.whole_number(value text) returns text
language plpgsql immutable parallel safe as $$
begin
    if value ~ '^[1-9][0-9]{16}[0-9X]$' and ltrim(value, left(value, 1)) <> '' then  -- the usual case
        return value;
    end if;
    return case when not clean.has_lost_digits(upper(clean.compact(value))) then clean.stated_number(value) end;
end $$;
