-- A text without the blanks around it; null where it only says that there is none. 文本；“无”“/”之类为空
create or replace function clean.text(value text) returns text
language sql immutable parallel safe as $$
    -- No word for nothing is longer.
    select case when length(trim(value)) > 12 or not clean.is_missing(value) then nullif(trim(value), '') end
$$;
