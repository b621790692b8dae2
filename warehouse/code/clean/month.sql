-- A month as its first day: 202506, 2025-06, 2025年6月, or any date. 2025.1 may be October, as a
-- spreadsheet writes 2025.10. 月份
create or replace function clean.month(value text) returns date
language plpgsql immutable parallel safe as $$
declare
    v text;
    part text[];
begin
    if value ~ '^[12][0-9]{3}-?[0-9]{2}$' then  -- the usual case
        return clean.calendar_date(left(value, 4)::int, right(value, 2)::int, 1);
    end if;
    v := regexp_replace(clean.as_seen(value), ' ?([年月/.-]) ?', '\1', 'g');
    part := regexp_match(v, '^([12][0-9]{3})(?:[-/.年]?([0-9]{2})|[-/年]([1-9])|\.([2-9]))(?:月份?|\.0+)?$');
    if part is not null then
        return clean.calendar_date(part[1]::int, coalesce(part[2], part[3], part[4])::int, 1);
    end if;
    return date_trunc('month', clean.date(value))::date;
end $$;
