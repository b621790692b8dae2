-- The birth date a number of 18 characters gives; the old numbers of foreigners say no century. 出生日期
create or replace function clean.born_on(id_number text) returns date
language sql immutable parallel safe
return case when length(id_number) = 18 then clean.calendar_date(
    substr(id_number, 7, 4)::int, substr(id_number, 11, 2)::int, substr(id_number, 13, 2)::int
) end;
