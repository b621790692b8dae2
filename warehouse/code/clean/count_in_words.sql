-- 1 to 99 of 五, 十, 十五, 二十, 二十三, 廿三, 卅一; null from anything else. 汉字数
create or replace function clean.count_in_words(value text) returns integer
language sql immutable parallel safe
return case
    when value ~ '^([一二三四五六七八九]?十[一二三四五六七八九]?|[廿卅][一二三四五六七八九]?|[一二三四五六七八九])$' then
        case
            when value ~ '^廿' then 20
            when value ~ '^卅' then 30
            when value ~ '十' then coalesce(nullif(strpos('一二三四五六七八九', left(value, 1)), 0), 1) * 10
            else 0
        end
        + case when value ~ '[一二三四五六七八九]$' then strpos('一二三四五六七八九', right(value, 1)) else 0 end
end;
