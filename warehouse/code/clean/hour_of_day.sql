-- The hour of the day of a clock of twelve hours (下午3, 3 PM), or of twenty-four; null where the two
-- together say no single one (上午12, 晚上1). 十二小时制
create or replace function clean.hour_of_day(half text, hour integer) returns integer
language sql immutable parallel safe
return case
    when half is null then case when hour <= 24 then hour end
    when half in ('AM', '凌晨') then case when hour <= 12 then hour % 12 end
    when half in ('上午', '早上', '早晨', '清晨') then case when hour < 12 then hour end
    when half in ('PM', '下午')
        then case when hour between 1 and 12 then hour % 12 + 12 when hour between 13 and 23 then hour end
    when half in ('晚上', '傍晚')
        then case when hour between 5 and 11 then hour + 12 when hour between 17 and 23 then hour end
    when half = '中午'
        then case when hour in (1, 2) then hour + 12 when hour between 11 and 14 then hour end
end;
