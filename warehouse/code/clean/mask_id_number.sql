-- Masked for people who may not see it: 420203********229X, KAZ110*****3105. 脱敏
create or replace function clean.mask_id_number(value text) returns text
language sql immutable parallel safe
return case
    when length(value) in (15, 18) then left(value, 6) || repeat('*', length(value) - 10) || right(value, 4) else '****'
end;
