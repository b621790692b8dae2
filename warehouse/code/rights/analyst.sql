-- Analysts see masked people, of their own divisions.
grant usage on schema analytics to analyst;
grant select on all tables in schema analytics to analyst;
grant execute on all functions in schema analytics to analyst;
-- A view calls functions as its reader.
grant usage on schema clean to analyst;
grant execute on function clean.age_years(date, date), clean.age_band(integer), clean.rule_side(text) to analyst;
