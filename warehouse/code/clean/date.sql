-- Dates in all spellings met: 20240305, 2024-03-05, 2024/3/5, 2024.3.5, 2024年3月5日, with or without a time,
-- 二〇二四年三月五日, and Excel serial days (45356, at noon 45356.5). With an offset, the day it was in Shanghai then. Which day
-- 24:00 is of, nobody can tell, nor whether 20251 is a serial day or a month. 日期
create or replace function clean.date(value text) returns date
language plpgsql immutable parallel safe as $$
declare
    given record;
begin
    if value ~ '^[12][0-9]{3}-[0-9]{2}-[0-9]{2}( ([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9])?$' then  -- the usual cases
        return clean.calendar_date(left(value, 4)::int, substr(value, 6, 2)::int, substr(value, 9, 2)::int);
    elsif value ~ '^[12][0-9]{7}$' then
        return clean.calendar_date(left(value, 4)::int, substr(value, 5, 2)::int, right(value, 2)::int);
    end if;
    given := clean.moment(value);
    if given.ahead_minutes is not null then
        return (clean.instant(value) at time zone 'Asia/Shanghai')::date;
    elsif given.on_day is not null then
        return case when given.seconds < 86400 is not false then given.on_day end;
    end if;
    return coalesce(date '1899-12-30' + trunc(clean.serial_days(value))::int, clean.day_in_words(value));
end $$;
