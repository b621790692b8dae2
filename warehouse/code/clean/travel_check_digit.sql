-- The check digit of travel documents (ICAO 9303: weights 7, 3, 1, letters from 10) over the first 14
-- characters of a foreigner's old permanent residence number.
create or replace function clean.travel_check_digit(id_number text) returns text
language sql immutable parallel safe
return (
    select (sum(
        (array[7, 3, 1])[(place - 1) % 3 + 1]
        * case when character between '0' and '9' then ascii(character) - 48 else ascii(character) - 55 end
    ) % 10)::text
    from unnest(string_to_array(left(id_number, 14), null)) with ordinality as written (character, place)
);
