create or replace function clean.mask_name(value text) returns text
language sql immutable parallel safe
return left(value, 1) || repeat('*', greatest(length(value) - 1, 1));
