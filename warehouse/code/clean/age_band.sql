-- The bands by age of statistics and of what analysts see. 年龄段
create or replace function clean.age_band(age_years integer) returns text
language sql immutable parallel safe
return case
    when age_years is null then 'unknown'
    when age_years < 18 then '0-17'
    when age_years < 60 then '18-59'
    when age_years < 80 then '60-79'
    when age_years < 90 then '80-89'
    else '90+'
end;
