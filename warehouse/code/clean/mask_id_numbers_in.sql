-- A text that is no number of a person, with those that somebody wrote into it masked, as a case filled in
-- with an identity number, or a cell of the column beside it; also such as a disability card adds two digits to.
-- Each keeps its length, so that two stay two; other long numbers stay as they are.
create or replace function clean.mask_id_numbers_in(value text) returns text
language plpgsql immutable parallel safe as $$
declare
    written text;
begin
    if value is null or value !~ '\d{12}' then  -- the usual case
        return value;
    end if;
    for written in
        select coalesce(match[1], match[2], match[3])
        from regexp_matches(
            value,
            '(?<![\d.])(?:(\d{17}[\dXx])(?:\d\d)?|(\d{15}))(?!\d)|(?<![A-Za-z])([A-Za-z]{3}\d{12})(?!\d)', 'g'
        ) as match
    loop
        if clean.id_number(written) is not null then
            value := replace(value, written, overlay(written placing repeat('*', length(written) / 2 - 1) from 7));
        end if;
    end loop;
    return value;
end $$;
