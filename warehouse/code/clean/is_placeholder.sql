-- Numbers nobody has: one digit throughout, or counted up. 占位号码
create or replace function clean.is_placeholder(value text) returns boolean
language sql immutable parallel safe
return length(value) >= 6 and ltrim(value, left(value, 1)) = '' or value ~ '^0?1234567';
