-- Whether an upper-case value is what a spreadsheet shows of a long number (4.20222E+17), or a program of
-- a fraction (6222000011112222000.0): the digits are gone. 科学计数法
create or replace function clean.has_lost_digits(value text) returns boolean
language sql immutable parallel safe
return value ~ '^=?[0-9](\.[0-9]*E\+?|E\+)[0-9]{1,3}$' or value ~ '^[0-9]{16,}\.0*$';
