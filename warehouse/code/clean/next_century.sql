-- The number as it would be for somebody born a hundred years later: a 15-digit number says
-- no century, and some were written for people born after 1999.
create or replace function clean.next_century(id_number text) returns text
language sql immutable parallel safe
return left(id_number, 6) || '20' || substr(id_number, 9, 9)
    || clean.check_character(left(id_number, 6) || '20' || substr(id_number, 9, 9));
