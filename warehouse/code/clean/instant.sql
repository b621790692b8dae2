-- An instant: '2025-06-25 02:00:00' (local, Asia/Shanghai) or with an offset, or a spreadsheet's serial day, to the
-- second; a day alone is its beginning. Of the second, millionths are kept. 时刻
create or replace function clean.instant(value text) returns timestamptz
language plpgsql immutable parallel safe as $$
declare
    given record;
begin
    if value ~ '^[12][0-9]{3}-[0-9]{2}-[0-9]{2}[T ]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?$'
        and clean.date(left(value, 10)) is not null then  -- the usual case
        return replace(value, 'T', ' ')::timestamp at time zone 'Asia/Shanghai';
    end if;
    given := clean.moment(value);
    if given.on_day is null then
        return (timestamp '1899-12-30' + interval '1 second' * round(clean.serial_days(value) * 86400)::bigint)
            at time zone 'Asia/Shanghai';
    end if;
    return (given.on_day + interval '1 microsecond' * trunc(coalesce(given.seconds, 0) * 1e6)::bigint
        - interval '1 minute' * coalesce(given.ahead_minutes, 0))
        at time zone case when given.ahead_minutes is null then 'Asia/Shanghai' else 'UTC' end;
end $$;
