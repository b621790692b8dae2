-- Whole years of age on a day: who was born on 29 February has a birthday on the 28th of other years, as rules
-- count it. 周岁
create or replace function clean.age_years(born_on date, counted_on date) returns integer
language sql immutable parallel safe
return extract(year from counted_on)::int - extract(year from born_on)::int
- case
    when born_on + make_interval(years => extract(year from counted_on)::int - extract(year from born_on)::int) > counted_on
        then 1
    else 0
end;
