-- As clean.key_hash, and a missing part counts as empty: what tells the lines of a file from one another. 行键
create or replace function clean.line_key(variadic parts text[]) returns bigint
language sql immutable parallel safe
return hashtextextended(upper(array_to_string(parts, chr(31), '')), 0);
