-- A calendar date from its parts, null where the calendar has no such day (30 February).
create or replace function clean.calendar_date(y int, m int, d int) returns date
language plpgsql immutable parallel safe as $$
begin
    if y between 1850 and 2200 and m between 1 and 12 and d between 1 and 31 then
        if d <= 28 or d <= extract(day from make_date(y, m, 1) + interval '1 month' - interval '1 day') then
            return make_date(y, m, d);
        end if;
    end if;
    return null;
end $$;
