-- What somebody said in words of their own, as written; null where there is nothing to read. 有内容的文字
create or replace function clean.words(value text) returns text
language sql immutable parallel safe
return case when clean.as_seen(value) <> '' then value end;
