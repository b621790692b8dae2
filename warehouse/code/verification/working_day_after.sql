-- The last of so many working days after a day, by the State Council's calendar; in years it has not been published
-- for, Monday to Friday.
create or replace function verification.working_day_after(day date, working_days integer, at_generation integer)
returns date
language plpgsql stable as $$
begin
    return (
        select coming.day::date
        from generate_series($1 + 1, $1 + 30 + 3 * $2, interval '1 day') as coming (day)
        left join pub.public_holiday_at($3) as known on coming.day::date = known.day
        where coalesce(known.is_working_day, extract(isodow from coming.day) < 6)
        order by coming.day
        offset $2 - 1 limit 1
    );
end $$;
comment on function verification.working_day_after(date, integer, integer) is '某日之后第若干个工作日；未公布放假安排的年份按周一至周五计';
