-- The day of 二〇〇八年三月五日, as archives write it; null without a day (二〇〇八年三月). 汉字日期
create or replace function clean.day_in_words(value text) returns date
language plpgsql immutable parallel safe as $$
declare
    part constant text[] := regexp_match(
        clean.as_seen(value),
        '^([一二][一二三四五六七八九〇零○O]{3})年(十?[一二]?|[一二三四五六七八九])月([一二三]?十?[一二三四五六七八九]?|廿[一二三四五六七八九]?|卅一?)[日号]$'
    );
begin
    return clean.calendar_date(
        translate(part[1], '〇零○O一二三四五六七八九', '0000123456789')::int,
        clean.count_in_words(part[2]),
        clean.count_in_words(part[3])
    );
end $$;
