-- The same without blanks and quotation marks: what a code, a number or a key is compared by. 全角转半角，去空白
create or replace function clean.compact(value text) returns text
language plpgsql immutable parallel safe as $$
begin
    if value is null or value ~ '^[0-9A-Za-z\u4e00-\u9fff.,%+-]*$' then  -- the usual case
        return value;
    end if;
    return regexp_replace(clean.as_seen(value), '[ ''`’‘"“”]', '', 'g');
end $$;
