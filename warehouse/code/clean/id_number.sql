-- An identity number in its normal form, or null where it is none. Of 18 characters: those of citizens
-- (GB 11643), of residents from Hong Kong, Macao and Taiwan (81, 82, 83) and of foreigners since 2023 (9, province,
-- country), all with the same check character. 15 digits get the century and the check character; sequences 996 to
-- 999 were kept for people born in the 1800s and stay unresolved. Of 15 characters: foreigners before 2023 (three
-- letters of the country, place of issue, birth date without century, sequence, check digit), which is another
-- number than the one the same person has now. Never padded, never corrected.
create or replace function clean.id_number(value text) returns text
language plpgsql immutable parallel safe as $$
declare
    v text;
begin
    if value ~ '^[1-9][0-9]{16}[0-9X]$' then  -- the usual case
        return case when clean.check_character(value) = right(value, 1) and clean.born_on(value) is not null then value end;
    end if;
    v := upper(clean.compact(value));
    if v ~ '^[1-9][0-9]{14}$' and right(v, 3) < '996' and not clean.is_placeholder(v) then
        v := left(v, 6) || '19' || substr(v, 7);
        v := v || clean.check_character(v);
    end if;
    if v ~ '^[1-9][0-9]{16}[0-9X]$' and clean.check_character(v) = right(v, 1) and clean.born_on(v) is not null
        or v ~ '^[A-Z]{3}[0-9]{12}$' and clean.travel_check_digit(v) = right(v, 1)
        and clean.day_without_century(substr(v, 8, 6)) then
        return v;
    end if;
    return null;
end $$;
