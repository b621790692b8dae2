-- Known income above the standard says "above" all the same, less than it says nothing while incomplete.
create or replace function verification.income_against_standard(
    yuan_per_capita numeric, standard_yuan numeric, is_incomplete boolean
) returns text
language sql immutable parallel safe
return case
    when yuan_per_capita > standard_yuan then 'above'
    when standard_yuan is null or is_incomplete then 'not_assessable'
    else 'not_above'
end;
