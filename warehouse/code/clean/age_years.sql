-- Whole years of age on a day. Who was born on 29 February has a birthday on the 28th of other years, as rules
-- count it. 周岁
create or replace function clean.age_years(born_on date, counted_on date) returns integer
language sql immutable parallel safe
return date_part('year', age(counted_on::timestamp, born_on::timestamp))::int
+ case
    when
        date_part('day', born_on) = 29 and date_part('month', born_on) = 2
        and date_part('month', counted_on) = 2 and date_part('day', counted_on) = 28
        and date_part('month', counted_on + 1) = 3
        then 1
    else 0
end;
