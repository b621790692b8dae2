-- What a check of a gate should be is its description; this says what it was found to be, and within
-- which limits, where both are known.
create or replace function ops.number_text(number numeric) returns text
language sql immutable parallel safe
return rtrim(to_char(number, 'FM999,999,999,999,999,990.99'), '.');

grant execute on function ops.number_text(numeric) to loader;
