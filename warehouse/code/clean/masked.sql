-- A value of a column as it may be shown to whoever has not asked for the person's file, by how sensitive the
-- contract says the column is (`classification`); of a column nobody described nothing is shown.
create or replace function clean.masked(value text, classification text) returns text
language sql immutable parallel safe
return case
    when value = '' then ''
    when classification in ('none', 'health', 'income') then clean.mask_id_numbers_in(value)
    when classification = 'birth' then left(value, 4) || '****'  -- beside a masked number the day would give it away
    when classification = 'identity' and length(value) >= 15 then left(value, 6) || '********' || right(value, 4)
    when classification = 'name' then clean.mask_name(value)
    when value is not null then '****'
end;
