-- Seconds from the beginning of a day (0 to 86400) to a time such as 15:30, 15:30:00.123, 下午3:30,
-- 3:30:00 PM, 15时30分, 153000; null where it is none. 一天中的时刻
create or replace function clean.seconds_of_day(value text) returns numeric
language plpgsql immutable parallel safe as $$
declare
    part text[] := regexp_match(value, '^(AM|PM|[凌清早上中下傍晚][晨上午晚])? ?([0-9]{1,2})'
        '(?::([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]{1,12}))?)?'
        '|[时点](?:整|([0-9]{1,2})(?:分(?:([0-9]{1,2})秒?)?)?)?) ?(AM|PM)?$');
    seconds numeric;
begin
    if part is null then
        part := regexp_match(value, '^()([0-9]{2})([0-9]{2})(?:([0-9]{2})(?:[.,]?([0-9]{3})|[.,]([0-9]{1,12}))?)?$');
        part := array[null, part[2], part[3], part[4], coalesce(part[5], part[6])];
    elsif part[1] is not null and part[8] is not null then
        return null;
    end if;
    seconds := clean.hour_of_day(coalesce(part[1], part[8]), part[2]::int) * 3600
        + case when coalesce(part[3], part[6], '0')::int < 60 then coalesce(part[3], part[6], '0')::int * 60 end
        + case when coalesce(part[4], part[7], '0')::int < 60 then coalesce(part[4], part[7], '0')::numeric end
        + coalesce('0.' || part[5], '0')::numeric;
    return case when seconds <= 86400 then seconds end;
end $$;
