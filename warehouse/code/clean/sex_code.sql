-- The sex a number of 18 characters gives (GB/T 2261.1): its sequence is odd for men. 性别
create or replace function clean.sex_code(id_number text) returns text
language sql immutable parallel safe
return case when length(id_number) = 18 then
    case substr(id_number, 17, 1)::int % 2 when 1 then '1' else '2' end
end;
