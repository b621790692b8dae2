-- Is there such a day (yymmdd) in this century or the last? 2000 had a 29 February, 1900 none.
create or replace function clean.day_without_century(yymmdd text) returns boolean
language sql immutable parallel safe
return clean.calendar_date(2000 + left(yymmdd, 2)::int, substr(yymmdd, 3, 2)::int, right(yymmdd, 2)::int) is not null;
