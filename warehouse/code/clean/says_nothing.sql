-- Whether a value says that there is nothing: blank, marks alone, a word for it. One that says that something is not
-- known (不详, 待查, 无名氏), was hidden (***) or is lost (?, □) does not: there is somebody, or a day. 表示没有的写法
create or replace function clean.says_nothing(value text) returns boolean
language plpgsql immutable parallel safe as $$
declare
    v text := upper(clean.compact(value));
begin
    return v is null
        or v ~ '^[-/\\_.,:;~—–―‐−。、·]*$'
        or v = '\N'
        or btrim(v, '()<>[]{}\/-—.。') in ('NULL', 'NONE', 'NIL', 'NAN', '无', '没有', '暂无', '空');
end $$;
