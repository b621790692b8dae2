-- The division, its city, its province, the country: what is laid down nearest goes before.
create or replace function verification.applying_divisions(division_code text) returns text[]
language sql immutable parallel safe
return array[division_code, left(division_code, 4) || '00', left(division_code, 2) || '0000', '000000'];
