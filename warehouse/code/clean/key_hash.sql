-- 64 bits of a cleaned business key; null where a part of it is missing. 业务键摘要
create or replace function clean.key_hash(variadic parts text[]) returns bigint
language sql immutable parallel safe
return case
    when array_position(parts, null) is null and array_position(parts, '') is null
        then hashtextextended(upper(array_to_string(parts, chr(31))), 0)
end;
