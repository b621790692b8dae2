create or replace function verification.is_text(value jsonb, longest integer) returns boolean
language sql immutable parallel safe
return coalesce(jsonb_typeof(value) = 'string' and length(value #>> '{}') between 1 and longest, false);
